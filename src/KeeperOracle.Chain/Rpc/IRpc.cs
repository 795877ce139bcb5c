using System.Text.Json;

namespace KeeperOracle.Chain.Rpc;

/// <summary>One call of a batch. Parameters are what System.Text.Json can write: strings, numbers, arrays, dictionaries, JsonElement.</summary>
public sealed record RpcRequest(string Method, IReadOnlyList<object?> Parameters);

/// <summary>The answer to one call of a batch: a result, or what the node refused it with.</summary>
public readonly record struct RpcReply(JsonElement Result, RpcException? Error)
{
    /// <summary>The result; throws where the node refused.</summary>
    public JsonElement ResultOrThrow() => Error is null ? Result : throw Error;
}

/// <summary>
/// A node, or a quorum of nodes, as everything else in the product sees it; the one seam that tests replace. Both methods throw
/// <see cref="RpcException"/>; a batch keeps the order of its requests, and one refused call does not fail the others.
/// </summary>
public interface IRpc
{
    Task<JsonElement> SendAsync(string method, CancellationToken ct, params object?[] parameters);

    Task<IReadOnlyList<RpcReply>> SendBatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken ct);
}

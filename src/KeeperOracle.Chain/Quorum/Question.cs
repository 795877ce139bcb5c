using System.Collections;
using System.Text.Json;
using KeeperOracle.Chain.Rpc;

namespace KeeperOracle.Chain.Quorum;

/// <summary>A call that is voted on, and what its answers mean.</summary>
/// <param name="Block">the block hash that fixes the answer; null where there is none, so that honest nodes may differ</param>
/// <param name="NullIsAnswer">"There is none" is a vote; elsewhere it only says that the node does not know the block</param>
internal sealed record Question(RpcRequest Request, AnswerForm Form, string? Block, bool NullIsAnswer)
{
    /// <summary>Where the block stands among the parameters of the methods that read state.</summary>
    private static readonly Dictionary<string, int> StateReads = new(StringComparer.Ordinal)
    {
        ["eth_call"] = 1,
        ["eth_createAccessList"] = 1,
        ["eth_getBalance"] = 1,
        ["eth_getCode"] = 1,
        ["eth_getProof"] = 2,
        ["eth_getStorageAt"] = 2,
        ["eth_getTransactionCount"] = 1,
        ["eth_simulateV1"] = 1,
    };

    public static Question Of(RpcRequest request) => new(
        request,
        AnswerForm.Of(request.Method),
        BlockOf(request),
        request.Method is "eth_getTransactionReceipt" or "eth_getTransactionByHash");

    /// <summary>Nodes that know no logs of a block they do not know answer with an empty list.</summary>
    public bool MayBeIgnorance(Vote vote) =>
        Request.Method == "eth_getLogs" && vote.Value.ValueKind == JsonValueKind.Array && vote.Value.GetArrayLength() == 0;

    /// <summary>The position of the block among the parameters; null where the method reads no state.</summary>
    public static int? StateBlockAt(string method) => StateReads.TryGetValue(method, out var at) ? at : null;

    /// <summary>The tag at a position; a parameter that is left out means the latest block. Null where it is no tag.</summary>
    public static string? TagAt(IReadOnlyList<object?> parameters, int at)
    {
        var text = at >= parameters.Count ? "latest" : TextOf(parameters[at]);
        return text is "latest" or "safe" or "finalized" or "earliest" or "pending" ? text : null;
    }

    /// <summary>Text of a parameter that is text, else null.</summary>
    public static string? TextOf(object? parameter) => parameter switch
    {
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } element => element.GetString(),
        _ => null,
    };

    /// <summary>A member of a parameter that is an object, else null.</summary>
    public static string? MemberOf(object? parameter, string name) => parameter switch
    {
        IDictionary members => members.Contains(name) ? TextOf(members[name]) : null,
        JsonElement { ValueKind: JsonValueKind.Object } element => element.TryGetProperty(name, out var value) ? TextOf(value) : null,
        _ => null,
    };

    private static string? BlockOf(RpcRequest request)
    {
        var parameters = request.Parameters;
        if (request.Method is "eth_createAccessList" or "eth_simulateV1")
        {
            // Their gas and their lists are in part the client's own: to differ is no lie.
            return null;
        }

        if (StateBlockAt(request.Method) is { } at)
        {
            return at < parameters.Count ? MemberOf(parameters[at], "blockHash") : null;
        }

        return request.Method switch
        {
            "eth_getLogs" => MemberOf(parameters[0], "blockHash"),
            "eth_getBlockByHash" => TextOf(parameters[0]),
            "eth_getBlockReceipts" when TextOf(parameters[0]) is { Length: 66 } hash => hash,
            _ => null,
        };
    }
}

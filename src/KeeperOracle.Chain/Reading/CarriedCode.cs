using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Reading;

/// <summary>
/// Code that stands nowhere on the chain and is carried along with each call: the node lends it an address for the length of the call (the
/// third parameter of eth_call, "state override", of geth, reth, Erigon, Nethermind, Besu and anvil). Pinned to a block hash like every
/// other read, and voted on like it.
/// </summary>
public sealed class CarriedCode
{
    /// <summary>Calls of one request: what they return is held in memory together.</summary>
    private const int CallsTogether = 8;

    /// <summary>An address to which nobody has the key, so that nothing stands there.</summary>
    private static readonly Address Place = new(Keccak.HashText("KeeperOracle.CarriedCode").ToBytes().AsSpan(12));

    private readonly Dictionary<string, object?> _overrides;
    private readonly IRpc _rpc;

    internal CarriedCode(IRpc rpc, ReadOnlySpan<byte> code)
    {
        _rpc = rpc;
        _overrides = new() { [Place.ToString()] = new Dictionary<string, object?> { ["code"] = Hex.FromBytes(code) } };
    }

    /// <summary>
    /// What each call returns, in order. Throws <see cref="CarriedCodeRefusedException"/> where the node does not carry code,
    /// <see cref="ContractRevertException"/> where a call reverts, <see cref="AbiException"/> for what is no result, and
    /// <see cref="RpcException"/> where there is no answer.
    /// </summary>
    public async Task<IReadOnlyList<T>> CallAsync<T>(IReadOnlyList<IContractFunction<T>> calls, Hash32 blockHash, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(calls);
        var values = new List<T>(calls.Count);
        foreach (var together in calls.Chunk(CallsTogether))
        {
            var replies = await _rpc.SendBatchAsync([.. together.Select(call => Request(call.EncodeCall(), blockHash))], ct).ConfigureAwait(false);
            values.AddRange(together.Zip(replies, (call, reply) => call.DecodeResult(Result(reply))));
        }

        return values;
    }

    private RpcRequest Request(byte[] callData, Hash32 blockHash) =>
        new("eth_call", [EthApi.Message(null, Place, callData, BigInteger.Zero), EthApi.At(blockHash), _overrides]);

    private static byte[] Result(RpcReply reply)
    {
        if (reply.Error is { Kind: RpcFailure.ErrorReply } refused)
        {
            throw EthApi.IsRevert(refused) ? new ContractRevertException(refused.RevertData.Span) : new CarriedCodeRefusedException(refused.Problem);
        }

        // A node that overlooks the override calls an address where nothing stands.
        var result = EthJson.Bytes(reply.ResultOrThrow());
        return result.Length > 0 ? result : throw new CarriedCodeRefusedException("the node answered as if no code had come with the call");
    }
}

/// <summary>The node takes no code along with a call.</summary>
public sealed class CarriedCodeRefusedException(string problem) : Exception(problem);

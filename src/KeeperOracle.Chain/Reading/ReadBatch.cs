using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Reading;

/// <summary>Calls that are read together at one block. Add, then execute once, then ask each handle.</summary>
public sealed class ReadBatch
{
    private readonly IRpc _rpc;
    private readonly Address _multicall3;
    private readonly int _batchSize;
    private readonly List<PendingRead> _reads = [];
    private bool _isExecuted;

    internal ReadBatch(IRpc rpc, Address multicall3, int batchSize, Hash32 blockHash)
    {
        _rpc = rpc;
        _multicall3 = multicall3;
        _batchSize = batchSize;
        BlockHash = blockHash;
    }

    public Hash32 BlockHash { get; }

    public int Count => _reads.Count;

    public PendingRead<T> Add<T>(Address to, IContractFunction<T> call)
    {
        if (_isExecuted)
        {
            throw new InvalidOperationException("The batch has run already.");
        }

        var read = new PendingRead<T>(to, call);
        _reads.Add(read);
        return read;
    }

    /// <summary>
    /// Runs every call. Throws <see cref="RpcException"/> where the node does not answer for the block, and
    /// <see cref="AbiException"/> where Multicall3 is not what it should be.
    /// </summary>
    public async Task ExecuteAsync(CancellationToken ct)
    {
        if (_isExecuted)
        {
            throw new InvalidOperationException("The batch has run already.");
        }

        _isExecuted = true;
        var chunks = _reads.Chunk(_batchSize).ToList();
        var replies = await _rpc.SendBatchAsync([.. chunks.Select(Request)], ct).ConfigureAwait(false);
        foreach (var (chunk, reply) in chunks.Zip(replies))
        {
            Complete(chunk, EthJson.Bytes(reply.ResultOrThrow()));
        }
    }

    private static Multicall3.Aggregate3Function Aggregate(IEnumerable<PendingRead> reads) =>
        new([.. reads.Select(read => new Call3(read.To, true, read.CallData))]);

    private RpcRequest Request(PendingRead[] chunk) => new(
        "eth_call", [EthApi.Message(null, _multicall3, Aggregate(chunk).EncodeCall(), BigInteger.Zero), EthApi.At(BlockHash)]);

    private void Complete(PendingRead[] chunk, byte[] data)
    {
        if (data.Length == 0)
        {
            throw new AbiException($"no code at {Eip55.Format(_multicall3)}, where Multicall3 should be");
        }

        var results = Aggregate([]).DecodeResult(data);
        if (results.Count != chunk.Length)
        {
            throw new AbiException($"Multicall3 gave {results.Count} results for {chunk.Length} calls");
        }

        for (var i = 0; i < chunk.Length; i++)
        {
            chunk[i].Complete(results[i].Success, results[i].ReturnData);
        }
    }
}

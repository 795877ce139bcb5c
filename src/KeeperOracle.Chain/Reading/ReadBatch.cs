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
    /// <summary>Call data of one HTTP request, in bytes; twice as many as hex. Nodes refuse bodies over a few megabytes (anvil over 2).</summary>
    private const int RequestLimit = 512 * 1024;

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
        // One request ahead: while the node works on it, the answer to the one before it is decoded.
        Sent? before = null;
        try
        {
            foreach (var group in Groups())
            {
                var sent = new Sent(group, _rpc.SendBatchAsync([.. group.Select(pair => Request(pair.CallData))], ct));
                var answered = before;
                before = sent;
                await CompleteAsync(answered).ConfigureAwait(false);
            }

            await CompleteAsync(before).ConfigureAwait(false);
        }
        finally
        {
            // Where an answer has failed, the request that is under way is nobody's any more.
            _ = before?.Answer.ContinueWith(static answer => answer.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private sealed record Sent(List<(PendingRead[] Chunk, byte[] CallData)> Group, Task<IReadOnlyList<RpcReply>> Answer);

    private async Task CompleteAsync(Sent? sent)
    {
        if (sent is null)
        {
            return;
        }

        var replies = await sent.Answer.ConfigureAwait(false);
        for (var i = 0; i < replies.Count; i++)
        {
            Complete(sent.Group[i].Chunk, EthJson.Bytes(replies[i].ResultOrThrow()));
        }
    }

    /// <summary>The chunks with their call data, as many together as one request may carry; one at least.</summary>
    private IEnumerable<List<(PendingRead[] Chunk, byte[] CallData)>> Groups()
    {
        var group = new List<(PendingRead[], byte[])>();
        var size = 0;
        foreach (var chunk in _reads.Chunk(_batchSize))
        {
            var callData = Aggregate(chunk).EncodeCall();
            if (group.Count > 0 && size + callData.Length > RequestLimit)
            {
                yield return group;
                (group, size) = ([], 0);
            }

            group.Add((chunk, callData));
            size += callData.Length;
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }

    private static Multicall3.Aggregate3Function Aggregate(IEnumerable<PendingRead> reads) =>
        new([.. reads.Select(read => new Call3(read.To, true, read.CallData))]);

    private RpcRequest Request(byte[] callData) =>
        new("eth_call", [EthApi.Message(null, _multicall3, callData, BigInteger.Zero), EthApi.At(BlockHash)]);

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

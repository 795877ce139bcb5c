using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Reading;

// Specification of this folder.
//
// Contract state, read at one block hash. A batch of calls becomes Multicall3 aggregate3 calls of a limited size, and these go to the
// node as one JSON-RPC batch, each pinned by {"blockHash", "requireCanonical": true} (EIP-1898): a node that does not have that
// block, or no longer counts it, answers with an error instead of with another block's state.
// A call that reverts fails alone, with its error in words; so does one to an address without code and one whose result does not
// decode. What fails the whole batch is the node: no answer, or no Multicall3 at its address.

/// <summary>Reads typed results from contracts through one node, or a quorum of them.</summary>
public sealed class ChainReader
{
    private readonly IRpc _rpc;
    private readonly Address _multicall3;
    private readonly int _batchSize;

    /// <param name="rpc">the node, or the quorum</param>
    /// <param name="multicall3">Multicall3 on this chain, 0xcA11bde05977b3631167028862bE2a173976CA11 on most</param>
    /// <param name="batchSize">calls in one aggregate3; 500 to 2,000 is the best size</param>
    public ChainReader(IRpc rpc, Address multicall3, int batchSize = 500)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        _rpc = rpc;
        _multicall3 = multicall3;
        _batchSize = batchSize;
    }

    /// <summary>Collects calls to run together at this block.</summary>
    public ReadBatch At(Hash32 blockHash) => new(_rpc, _multicall3, _batchSize, blockHash);

    /// <summary>Code to be called without standing anywhere on the chain.</summary>
    public CarriedCode Carry(ReadOnlySpan<byte> code) => new(_rpc, code);

    /// <summary>One call. Throws <see cref="ReadFailedException"/> where it has no value.</summary>
    public async Task<T> ReadAsync<T>(IContractFunction<T> call, Address to, Hash32 blockHash, CancellationToken ct)
    {
        var batch = At(blockHash);
        var read = batch.Add(to, call);
        await batch.ExecuteAsync(ct).ConfigureAwait(false);
        return read.Value;
    }
}

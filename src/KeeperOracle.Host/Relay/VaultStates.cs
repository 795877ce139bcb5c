using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Chains;
using KeeperOracle.Keeper.Relaying;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Relay;

/// <summary>The liens of a vault as they were after past blocks. A block's state never changes, so each is read once; the newest few are kept.</summary>
internal sealed class VaultStates(ChainAccess chain, Address vault)
{
    private const int Kept = 16;
    private readonly Queue<Hash32> _order = new();
    private readonly Dictionary<Hash32, Dictionary<ulong, LienAt>> _states = [];

    /// <summary>By number; liens that were not there yet are missing.</summary>
    /// <param name="count">of liens now; the block is not after that</param>
    public async Task<IReadOnlyDictionary<ulong, LienAt>> AtAsync(Hash32 block, ulong count, CancellationToken cancellationToken)
    {
        if (_states.TryGetValue(block, out var known))
        {
            return known;
        }

        var batch = chain.Reader.At(block);
        var reads = new List<(ulong Number, Chain.Reading.PendingRead<Lien> Read)>();
        for (ulong number = 1; number <= count; number++)
        {
            reads.Add((number, batch.Add(vault, new CollateralVault.LienOfFunction(number))));
        }

        if (reads.Count > 0)
        {
            await batch.ExecuteAsync(cancellationToken);
        }

        var state = reads.Where(one => !one.Read.Value.TermsHash.IsZero)
            .ToDictionary(one => one.Number, one => new LienAt(one.Read.Value.Amount, one.Read.Value.Counter));
        _states[block] = state;
        _order.Enqueue(block);
        if (_order.Count > Kept)
        {
            _states.Remove(_order.Dequeue());
        }

        return state;
    }
}

using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// The liens that a chain's hub counts for some accounts, each for itself, at one block hash. A snapshot has their sum alone; here is what it
/// is made of. Throws <see cref="ReadFailedException"/> where a call fails.
/// </summary>
public sealed class LienReader(ChainReader reader, ProtocolAddresses addresses)
{
    public async Task<IReadOnlyList<LienSnapshot>> ReadAsync(
        IReadOnlyList<Hash32> accounts, BlockRef block, CancellationToken cancellationToken)
    {
        if (accounts.Count == 0)
        {
            return [];
        }

        var hub = await reader.ReadAsync(new MarginVault.MarginHubFunction(), addresses.MarginVault, block.Hash, cancellationToken);
        var batch = reader.At(block.Hash);
        var lists = accounts.Select(account => batch.Add(hub, new MarginHub.LiensOfFunction(account))).ToList();
        await batch.ExecuteAsync(cancellationToken);
        var keys = lists.SelectMany(list => list.Value).ToList();
        if (keys.Count == 0)
        {
            return [];
        }

        batch = reader.At(block.Hash);
        var liens = keys.Select(key => batch.Add(hub, new MarginHub.LienOfFunction(key))).ToList();
        await batch.ExecuteAsync(cancellationToken);
        batch = reader.At(block.Hash);
        var remotes = liens.Select(lien => batch.Add(hub, new MarginHub.RemoteOfFunction(lien.Value.RemoteKey))).ToList();
        await batch.ExecuteAsync(cancellationToken);
        batch = reader.At(block.Hash);
        var chains = remotes.Select(remote => batch.Add(hub, new MarginHub.SourceChainOfFunction(remote.Value.ChainId))).ToList();
        var factors = remotes.Select(remote => batch.Add(addresses.RiskOracle, new RiskOracle.FactorsFunction(remote.Value.Asset))).ToList();
        await batch.ExecuteAsync(cancellationToken);
        return [.. liens.Select((lien, i) => new LienSnapshot(
            lien.Value.Account,
            new ChainId((ulong)remotes[i].Value.ChainId),
            remotes[i].Value.Asset,
            remotes[i].Value.Decimals,
            lien.Value.Counted,
            lien.Value.Disputed,
            new Price(new Wad(remotes[i].Value.MaxPrice)),
            lien.Value.ObservedAt,
            chains[i].Value.FinalityLag,
            new Wad(factors[i].Value.MaintenanceVolatility),
            new Wad(factors[i].Value.InitialVolatility),
            lien.Value.SwapCounter != 0))];
    }
}

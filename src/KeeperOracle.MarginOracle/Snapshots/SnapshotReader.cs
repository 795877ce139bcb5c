using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// Reads a whole chain at one block hash, in four steps: what there is (collaterals, peers of the vault, how many accounts), then the accounts
/// (<see cref="AllAccounts"/>), then the rest, and where options are listed or held how far their settlement is (<see cref="SettlementReader"/>), and the venue's pools where somebody has given a swap mandate. All of it is from one block: two reads at two blocks have liquidated accounts that
/// were already closed. What follows a chain from head to head reads less: <see cref="VaultBook"/>.
/// </summary>
public sealed class SnapshotReader(ChainReader reader, EthApi eth, ProtocolAddresses addresses, ChainId chain)
{
    /// <summary>Accounts asked for by one call.</summary>
    internal const int AccountPage = AllAccounts.IdPage;

    private readonly AllAccounts _accounts = new(reader, addresses);
    private readonly SwapPoolReader _pools = new(reader, addresses.MarginVault);

    internal ProtocolAddresses Addresses => addresses;

    internal ChainId Chain => chain;

    internal EthApi Eth => eth;

    internal ReadBatch At(BlockRef block) => reader.At(block.Hash);

    /// <summary>With what the settlement of options and swap mandates ask for.</summary>
    internal async Task<ChainSnapshot> CompleteAsync(ChainSnapshot snapshot, ChainSnapshot? held, VaultPeers peers, CancellationToken cancellationToken) => await WithPoolsAsync(
        await new SettlementReader(() => At(snapshot.Block), addresses, peers.OptionBook).CompleteAsync(snapshot, held, cancellationToken), cancellationToken);

    /// <param name="keeper">the signer whose balances belong in the snapshot; zero for an observer</param>
    public async Task<ChainSnapshot> ReadAsync(BlockRef block, Address keeper, CancellationToken cancellationToken) =>
        (await ReadAllAsync(block, keeper, cancellationToken)).Snapshot;

    /// <summary>The same with what it was read by; <c>Moving</c>: the accounts that may change without an action on them.</summary>
    internal async Task<(ChainSnapshot Snapshot, VaultPeers Peers, IReadOnlyList<Hash32> Moving)> ReadAllAsync(
        BlockRef block, Address keeper, CancellationToken cancellationToken)
    {
        var first = At(block);
        var collaterals = first.Add(addresses.MarginVault, new MarginVault.CollateralsFunction());
        var count = first.Add(addresses.MarginVault, new MarginVault.AccountCountFunction());
        var stable = first.Add(addresses.MarginVault, new MarginVault.AssetFunction());
        var guardian = first.Add(addresses.MarginVault, new MarginVault.GuardianFunction());
        var optionBook = first.Add(addresses.MarginVault, new MarginVault.OptionBookFunction());
        var marginHub = first.Add(addresses.MarginVault, new MarginVault.MarginHubFunction());
        await first.ExecuteAsync(cancellationToken);

        var peers = new VaultPeers(stable.Value, guardian.Value, optionBook.Value, marginHub.Value);
        var accounts = await _accounts.ReadAsync(block, peers, (int)count.Value, collaterals.Value.Count, cancellationToken);
        var batch = At(block);
        var protocol = new PendingProtocol(batch, addresses, peers, collaterals.Value, keeper);
        await batch.ExecuteAsync(cancellationToken);
        var snapshot = protocol.ToSnapshot(chain, block, [.. accounts.Select(seen => seen.Account)]);
        return (
            await CompleteAsync(snapshot, null, peers, cancellationToken),
            peers,
            [.. accounts.Where(seen => seen.Moves).Select(seen => seen.Account.Account)]);
    }

    /// <summary>The snapshot with the pools of the venue, where an account's swap mandate could use one.</summary>
    private async Task<ChainSnapshot> WithPoolsAsync(ChainSnapshot snapshot, CancellationToken cancellationToken) =>
        snapshot.Accounts.Any(account => account.SwapMandate is not null)
            ? snapshot with { SwapPools = await _pools.ReadAsync(snapshot.Block, [.. snapshot.Assets.Select(asset => asset.Token), snapshot.Market.Stable], cancellationToken) }
            : snapshot;
}

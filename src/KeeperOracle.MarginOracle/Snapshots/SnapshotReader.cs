using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// Reads a whole chain at one block hash, in three steps: what there is (collaterals, peers of the vault, how many accounts), then everything about
/// it, then the requirements of those who hold options. All of it is from one block: two reads at two blocks have liquidated accounts that
/// were already closed. What follows a chain from head to head reads less: <see cref="VaultBook"/>.
/// </summary>
public sealed class SnapshotReader(ChainReader reader, EthApi eth, ProtocolAddresses addresses, ChainId chain)
{
    /// <summary>Accounts asked for by one call.</summary>
    internal const int AccountPage = 500;

    internal ProtocolAddresses Addresses => addresses;

    internal ChainId Chain => chain;

    internal EthApi Eth => eth;

    internal ReadBatch At(BlockRef block) => reader.At(block.Hash);

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
        var accounts = await AccountIdsAsync(block, (int)count.Value, cancellationToken);
        var batch = At(block);
        var protocol = new PendingProtocol(batch, addresses, peers, collaterals.Value, keeper);
        var positions = accounts.Select(id => new PendingAccount(batch, id, addresses.MarginVault, peers)).ToList();
        await batch.ExecuteAsync(cancellationToken);
        await PendingAccount.ReadRequirementsAsync(At(block), positions, peers.OptionBook, cancellationToken);
        return (
            protocol.ToSnapshot(chain, block, [.. positions.Select(position => position.ToSnapshot())]),
            peers,
            [.. positions.Where(position => position.Moves).Select(position => position.Account)]);
    }

    private async Task<IReadOnlyList<Hash32>> AccountIdsAsync(BlockRef block, int count, CancellationToken cancellationToken)
    {
        var batch = At(block);
        var pages = new List<PendingRead<IReadOnlyList<Hash32>>>();
        for (var start = 0; start < count; start += AccountPage)
        {
            pages.Add(batch.Add(addresses.MarginVault, new MarginVault.AccountsFunction(start, AccountPage)));
        }

        await batch.ExecuteAsync(cancellationToken);
        return [.. pages.SelectMany(page => page.Value)];
    }
}

using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// Reads a whole chain at one block hash, in three steps: what there is (collaterals, peers of the vault, how many accounts), then everything about
/// it, then the requirements of those who hold options. All of it is from one block: two reads at two blocks have liquidated accounts that
/// were already closed.
/// </summary>
public sealed class SnapshotReader(ChainReader reader, EthApi eth, ProtocolAddresses addresses, ChainId chain)
{
    /// <summary>Accounts asked for by one call.</summary>
    private const int AccountPage = 500;

    /// <param name="keeper">the signer whose balances belong in the snapshot; zero for an observer</param>
    public async Task<ChainSnapshot> ReadAsync(BlockRef block, Address keeper, CancellationToken cancellationToken)
    {
        var first = reader.At(block.Hash);
        var collaterals = first.Add(addresses.MarginVault, new MarginVault.CollateralsFunction());
        var count = first.Add(addresses.MarginVault, new MarginVault.AccountCountFunction());
        var stable = first.Add(addresses.MarginVault, new MarginVault.AssetFunction());
        var guardian = first.Add(addresses.MarginVault, new MarginVault.GuardianFunction());
        var optionBook = first.Add(addresses.MarginVault, new MarginVault.OptionBookFunction());
        var marginHub = first.Add(addresses.MarginVault, new MarginVault.MarginHubFunction());
        await first.ExecuteAsync(cancellationToken);

        var accounts = await AccountIdsAsync(block, (int)count.Value, cancellationToken);
        var batch = reader.At(block.Hash);
        var risk = new RiskStateReader(batch, addresses, collaterals.Value, guardian.Value);
        var market = new PendingMarket(batch, addresses.MarginVault, stable.Value);
        var positions = accounts.Select(id => new PendingAccount(batch, id, addresses.MarginVault, optionBook.Value, marginHub.Value)).ToList();
        var balance = batch.Add(stable.Value, new ERC20.BalanceOfFunction(keeper));
        var allowance = batch.Add(stable.Value, new ERC20.AllowanceFunction(keeper, addresses.MarginVault));
        await batch.ExecuteAsync(cancellationToken);
        await PendingAccount.ReadRequirementsAsync(reader.At(block.Hash), positions, optionBook.Value, cancellationToken);
        var native = await eth.GetBalanceAsync(keeper, block.Hash, cancellationToken);

        return new ChainSnapshot(
            chain,
            block,
            market.ToSnapshot(),
            risk.Report(),
            risk.Assets(),
            [.. positions.Select(position => position.ToSnapshot())],
            new KeeperBalances(keeper, balance.Value, allowance.Value, native));
    }

    private async Task<IReadOnlyList<Hash32>> AccountIdsAsync(BlockRef block, int count, CancellationToken cancellationToken)
    {
        var batch = reader.At(block.Hash);
        var pages = new List<PendingRead<IReadOnlyList<Hash32>>>();
        for (var start = 0; start < count; start += AccountPage)
        {
            pages.Add(batch.Add(addresses.MarginVault, new MarginVault.AccountsFunction(start, AccountPage)));
        }

        await batch.ExecuteAsync(cancellationToken);
        return [.. pages.SelectMany(page => page.Value)];
    }

    private sealed class PendingMarket(ReadBatch batch, Address vault, Address stable)
    {
        private readonly PendingRead<byte> _decimals = batch.Add(stable, new ERC20.DecimalsFunction());
        private readonly PendingRead<System.Numerics.BigInteger> _target = batch.Add(vault, new MarginVault.TargetHealthFunction());
        private readonly PendingRead<System.Numerics.BigInteger> _minimum = batch.Add(vault, new MarginVault.MinimumDebtFunction());
        private readonly PendingRead<System.Numerics.BigInteger> _floor = batch.Add(vault, new MarginVault.BonusFloorFunction());
        private readonly PendingRead<System.Numerics.BigInteger> _full = batch.Add(vault, new MarginVault.FullBonusUnderHealthFunction());
        private readonly PendingRead<VaultLimits> _limits = batch.Add(vault, new MarginVault.LimitsFunction());
        private readonly PendingRead<System.Numerics.BigInteger> _debt = batch.Add(vault, new MarginVault.TotalDebtFunction());
        private readonly PendingRead<System.Numerics.BigInteger> _deficit = batch.Add(vault, new MarginVault.TotalDeficitFunction());

        public MarketSnapshot ToSnapshot() => new(
            stable,
            _decimals.Value,
            new Wad(_target.Value),
            _minimum.Value,
            new Wad(_floor.Value),
            new Wad(_full.Value),
            new Wad(_limits.Value.Tip),
            _debt.Value,
            _deficit.Value);
    }
}

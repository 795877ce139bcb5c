using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>The contracts that the vault is tied to for ever.</summary>
internal sealed record VaultPeers(Address Stable, Address Guardian, Address OptionBook, Address MarginHub);

/// <summary>Everything of a snapshot but the accounts: some dozen calls, whatever the vault holds.</summary>
internal sealed class PendingProtocol(
    ReadBatch batch, ProtocolAddresses addresses, VaultPeers peers, IReadOnlyList<Address> collaterals, Address keeper)
{
    private readonly RiskStateReader _risk = new(batch, addresses, collaterals, peers.Guardian);
    private readonly PendingRead<byte> _decimals = batch.Add(peers.Stable, new ERC20.DecimalsFunction());
    private readonly PendingRead<BigInteger> _target = batch.Add(addresses.MarginVault, new MarginVault.TargetHealthFunction());
    private readonly PendingRead<BigInteger> _minimum = batch.Add(addresses.MarginVault, new MarginVault.MinimumDebtFunction());
    private readonly PendingRead<BigInteger> _floor = batch.Add(addresses.MarginVault, new MarginVault.BonusFloorFunction());
    private readonly PendingRead<BigInteger> _full = batch.Add(addresses.MarginVault, new MarginVault.FullBonusUnderHealthFunction());
    private readonly PendingRead<VaultLimits> _limits = batch.Add(addresses.MarginVault, new MarginVault.LimitsFunction());
    private readonly PendingRead<BigInteger> _debt = batch.Add(addresses.MarginVault, new MarginVault.TotalDebtFunction());
    private readonly PendingRead<BigInteger> _deficit = batch.Add(addresses.MarginVault, new MarginVault.TotalDeficitFunction());
    private readonly PendingRead<BigInteger> _index = batch.Add(addresses.MarginVault, new MarginVault.BorrowIndexFunction());
    private readonly PendingRead<uint> _outageMinimum = batch.Add(addresses.OracleHub, new OracleHub.OutageMinimumFunction());
    private readonly PendingRead<uint> _repayWindow = batch.Add(addresses.OracleHub, new OracleHub.RepayWindowFunction());
    private readonly PendingRead<BigInteger> _balance = batch.Add(peers.Stable, new ERC20.BalanceOfFunction(keeper));
    private readonly PendingRead<BigInteger> _allowance = batch.Add(peers.Stable, new ERC20.AllowanceFunction(keeper, addresses.MarginVault));
    private readonly PendingRead<BigInteger> _native = batch.Add(addresses.Multicall3, new Multicall3.GetEthBalanceFunction(keeper));
    private readonly PendingRead<BigInteger> _time = batch.Add(addresses.Multicall3, new Multicall3.GetCurrentBlockTimestampFunction());

    /// <summary>
    /// After the batch has run. Throws <see cref="RpcException"/> where the calls saw another time than that of the block: thresholds, interest and
    /// the ages of prices are then not of this block. anvil does so for a call at the newest block while it makes the next.
    /// </summary>
    public ChainSnapshot ToSnapshot(ChainId chain, BlockRef block, ImmutableArray<AccountSnapshot> accounts) => _time.Value != block.Timestamp
        ? throw new RpcException(
            RpcFailure.MalformedReply,
            $"chain {chain}",
            $"block {block.Number} is of time {block.Timestamp}, and calls at it were run at time {_time.Value}: what depends on time is not of that block")
        : new(
            chain,
            block,
            new MarketSnapshot(
                peers.Stable,
                _decimals.Value,
                new Wad(_target.Value),
                _minimum.Value,
                new Wad(_floor.Value),
                new Wad(_full.Value),
                new Wad(_limits.Value.Tip),
                _debt.Value,
                _deficit.Value,
                _index.Value)
            {
                OptionBook = peers.OptionBook,
                MarginHub = peers.MarginHub,
                OutageMinimumSeconds = _outageMinimum.Value,
                RepayWindowSeconds = _repayWindow.Value,
            },
            _risk.Report(),
            _risk.Assets(),
            accounts,
            new KeeperBalances(keeper, _balance.Value, _allowance.Value, _native.Value));
}

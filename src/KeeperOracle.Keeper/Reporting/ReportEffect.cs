using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Reporting;

/// <summary>
/// The accounts that a whole report alone makes liquidatable, and what they owe in stable units. Prices, holdings and the requirement of options stay as
/// they are; the liquidation thresholds are those at the end of the ramp. It is the report's doing where health is under 1 at the thresholds it leads to,
/// and at least 1 both at those in force and at those the last report leads to: what an earlier report or the market has decided is not counted again.
/// A tightening moves initial margin only, and makes nobody liquidatable. Accounts whose options cannot be valued are left out.
/// </summary>
public readonly record struct ReportEffect(int Accounts, BigInteger Debt, BigInteger TotalDebt)
{
    /// <param name="vector">the values that the report would set, by asset in the snapshot's order, within their bounds</param>
    public static ReportEffect Of(ChainSnapshot snapshot, ImmutableArray<ObservedRisk> vector)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var without = At(snapshot, (asset, _) => SnapshotValuation.ThresholdAfterRamp(asset, asset.Attested.Volatility, asset.Attested.Slippage));
        var with = At(snapshot, (asset, i) => SnapshotValuation.ThresholdAfterRamp(asset, vector[i].Volatility, vector[i].Slippage));
        var (accounts, debt, total) = (0, BigInteger.Zero, BigInteger.Zero);
        foreach (var account in snapshot.Accounts)
        {
            total += snapshot.Market.DebtOf(account);
            if (account.Options.Problem.Length == 0 && IsUnder(with, account) && !IsUnder(without, account) && !IsUnder(snapshot, account))
            {
                (accounts, debt) = (accounts + 1, debt + snapshot.Market.DebtOf(account));
            }
        }

        return new ReportEffect(accounts, debt, total);
    }

    public bool IsOver(Bps limit) => Debt * 10_000 > TotalDebt * limit.Value;

    public string Describe(ChainSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var decimals = snapshot.Market.StableDecimals;
        return Accounts == 0
            ? "nobody becomes liquidatable by it alone"
            : $"{Accounts} accounts that owe {new TokenAmount(Debt, decimals)} of {new TokenAmount(TotalDebt, decimals)} become liquidatable by it alone";
    }

    private static ChainSnapshot At(ChainSnapshot snapshot, Func<AssetSnapshot, int, Wad> threshold) =>
        snapshot with { Assets = [.. snapshot.Assets.Select((asset, i) => asset with { LiquidationThreshold = threshold(asset, i) })] };

    private static bool IsUnder(ChainSnapshot snapshot, AccountSnapshot account) => SnapshotValuation.Value(snapshot, account).Health is { } health && health < Wad.One;
}

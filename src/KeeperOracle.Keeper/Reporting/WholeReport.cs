using System.Collections.Immutable;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Reporting;

/// <summary>
/// Whether a whole report (the stricter median per field) can and should be carried now. Judged by volatility and slippage: option inputs are
/// carried as they were signed, and their bounds are left to the contract.
/// <para>The breaker. While the feeds of an asset are divided nobody knows its price: the chain seizes none of it and lends nothing on it by itself, and nothing more
/// than that is for anyone to call (Guardian.raise needs a role). What is left to the keeper is not to carry a report that would loosen that asset meanwhile; one
/// that does not, and every tightening, goes on.</para>
/// </summary>
internal static class WholeReport
{
    public static Verdict Judge(KeeperSettings settings, ChainSnapshot snapshot, ImmutableArray<CollectedObservation> good)
    {
        var report = snapshot.Report;
        if (good.Length < report.Threshold)
        {
            return No(RefusalCode.QuorumTooSmall, $"{good.Length} good observations, {report.Threshold} needed for a whole report");
        }

        var median = Enumerable.Range(0, snapshot.Assets.Length).Select(i => new ObservedRisk(
            snapshot.Assets[i].Token,
            Quorum.StricterMedian(good.Select(o => o.Vector[i].Volatility)),
            Quorum.StricterMedian(good.Select(o => o.Vector[i].Slippage)),
            [])).ToImmutableArray();
        if (OutOfBounds(snapshot, median) is { } outside)
        {
            return No(RefusalCode.OutOfBounds, outside);
        }

        var now = snapshot.Block.Timestamp;
        var age = now - Math.Min(now, report.LastReportAt);
        var due = age >= settings.ReportHeartbeatSeconds;
        var (symbol, deviation) = LargestDeviation(snapshot, median);
        if (!due && deviation < settings.DeviationBps.ToFraction())
        {
            return No(
                RefusalCode.NothingToReport,
                $"the quorum is within {settings.DeviationBps} of the chain (most: {symbol}, {Percent(deviation)}) and the last report is {age} s old");
        }

        if (age < report.MinIntervalSeconds)
        {
            return No(RefusalCode.ReportTooEarly, $"the last whole report is {age} s old, {report.MinIntervalSeconds} s must pass between two");
        }

        if (Held(snapshot, median) is { } held)
        {
            return No(RefusalCode.LooseningHeld, held);
        }

        var effect = ReportEffect.Of(snapshot, median);
        if (effect.IsOver(settings.MaxLiquidatableByReport))
        {
            return No(RefusalCode.ReportLiquidatesTooMuch, $"{effect.Describe(snapshot)}, over the limit of {settings.MaxLiquidatableByReport}");
        }

        var why = due && deviation < settings.DeviationBps.ToFraction()
            ? $"the last report is {age} s old: heartbeat"
            : $"{symbol} moved {Percent(deviation)} from the chain's value: {Describe(snapshot, median)}";
        return new Act(
            Purpose.Report(report, report.Epoch + 1), new SubmitReport(report.Epoch + 1, good), settings.ReportWorth, $"{why}; {effect.Describe(snapshot)}{Backtests(good)}");
    }

    /// <summary>What the observations rest on, as far as they say so.</summary>
    private static string Backtests(ImmutableArray<CollectedObservation> good)
    {
        var hashes = good.Select(one => one.BacktestHash).OfType<Hash32>().Distinct().Order().ToList();
        return hashes.Count == 0 ? "" : $"; models chosen by backtest {string.Join(", ", hashes)}";
    }

    /// <summary>Which asset with divided feeds the median would loosen, or null.</summary>
    private static string? Held(ChainSnapshot snapshot, ImmutableArray<ObservedRisk> vector)
    {
        for (var i = 0; i < vector.Length; i++)
        {
            var asset = snapshot.Assets[i];
            if (asset.PriceStatus == PriceStatus.Divided && (vector[i].Volatility < asset.Attested.Volatility || vector[i].Slippage < asset.Attested.Slippage))
            {
                return $"{asset.Symbol}: volatility {asset.Attested.Volatility} -> {vector[i].Volatility} and slippage {asset.Attested.Slippage} -> {vector[i].Slippage} would loosen it while its feeds are "
                    + $"{Liquidation.PriceWords.Of(asset, snapshot.Block.Timestamp)}; the chain seizes none of it and lends nothing on it until they agree";
            }
        }

        return null;
    }

    /// <summary>Which bound the median breaks, or null.</summary>
    internal static string? OutOfBounds(ChainSnapshot snapshot, ImmutableArray<ObservedRisk> vector)
    {
        for (var i = 0; i < vector.Length; i++)
        {
            var asset = snapshot.Assets[i];
            var (low, high) = RiskPolicy.VolatilityRange(asset.Attested, asset.Bounds);
            var (slipLow, slipHigh) = RiskPolicy.SlippageRange(asset.Attested, asset.Bounds);
            if (vector[i].Volatility < low || vector[i].Volatility > high)
            {
                return $"{asset.Symbol}: volatility {vector[i].Volatility} is outside {low} to {high}";
            }

            if (vector[i].Slippage < slipLow || vector[i].Slippage > slipHigh)
            {
                return $"{asset.Symbol}: slippage {vector[i].Slippage} is outside {slipLow} to {slipHigh}";
            }
        }

        return null;
    }

    /// <summary>Largest relative change of a volatility, and where; a chain value is over its floor, so over zero.</summary>
    private static (string Symbol, double Deviation) LargestDeviation(ChainSnapshot snapshot, ImmutableArray<ObservedRisk> vector) =>
        snapshot.Assets
            .Select((asset, i) => (asset.Symbol, Math.Abs((vector[i].Volatility.ToDouble() / asset.Attested.Volatility.ToDouble()) - 1)))
            .MaxBy(pair => pair.Item2);

    internal static string Describe(ChainSnapshot snapshot, ImmutableArray<ObservedRisk> vector) =>
        string.Join(", ", snapshot.Assets.Select((asset, i) =>
            $"{asset.Symbol} volatility {Percent(asset.Attested.Volatility.ToDouble())} -> {Percent(vector[i].Volatility.ToDouble())}"));

    internal static string Percent(double fraction) =>
        (fraction * 100).ToString("0.0", System.Globalization.CultureInfo.InvariantCulture) + " %";

    private static Refuse No(RefusalCode code, string detail) => new(new Refusal(code, detail));
}

using System.Collections.Immutable;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Reporting;

/// <summary>Whether initial margin should be tightened before the next whole report can come.</summary>
internal static class Tightening
{
    /// <summary>Null where there is nothing to tighten: the whole report's own refusal then stands.</summary>
    public static Act? Judge(KeeperSettings settings, ChainSnapshot snapshot, ImmutableArray<CollectedObservation> good)
    {
        var report = snapshot.Report;
        if (good.Length < report.TightenThreshold)
        {
            return null;
        }

        return Candidates(snapshot, good, report.TightenThreshold).Select(carried => Judge(settings, snapshot, carried)).FirstOrDefault(act => act is not null);
    }

    /// <summary>
    /// The least tight of those carried counts, so carry the tightest that suffice: a node that plays calm cannot hold the others back. By
    /// the sum over the assets first; then by each asset, for a node may play calm in one asset behind a wild value in another.
    /// </summary>
    private static IEnumerable<IEnumerable<CollectedObservation>> Candidates(
        ChainSnapshot snapshot, ImmutableArray<CollectedObservation> good, int count) =>
        Enumerable.Range(0, snapshot.Assets.Length)
            .Select(i => good.OrderByDescending(o => o.Vector[i].Volatility).Take(count))
            .Prepend(good.OrderByDescending(o => o.Vector.Aggregate(Wad.Zero, (sum, risk) => sum + risk.Volatility)).Take(count));

    private static Act? Judge(KeeperSettings settings, ChainSnapshot snapshot, IEnumerable<CollectedObservation> chosen)
    {
        ImmutableArray<CollectedObservation> carried = [.. chosen.OrderBy(o => o.Signer)];
        var tightened = snapshot.Assets.Select((asset, i) => new ObservedRisk(
            asset.Token,
            Max(asset.Attested.InitialVolatility, Quorum.LeastTight(carried.Select(o => o.Vector[i].Volatility))),
            Max(asset.Attested.InitialSlippage, Quorum.LeastTight(carried.Select(o => o.Vector[i].Slippage))),
            [])).ToImmutableArray();
        if (!Tightens(settings, snapshot, tightened) || WholeReport.OutOfBounds(snapshot, tightened) is not null)
        {
            return null;
        }

        var next = snapshot.Report.Epoch + 1;
        return new Act(
            Purpose.Tighten(snapshot.Report, next, tightened),
            new TightenInitial(next, carried),
            settings.ReportWorth,
            $"initial margin tightens before the next whole report: {WholeReport.Describe(snapshot, tightened)}");
    }

    private static bool Tightens(KeeperSettings settings, ChainSnapshot snapshot, ImmutableArray<ObservedRisk> tightened) =>
        snapshot.Assets.Where((asset, i) =>
            tightened[i].Volatility.ToDouble() >= asset.Attested.InitialVolatility.ToDouble() * (1 + settings.DeviationBps.ToFraction())).Any();

    private static Wad Max(Wad a, Wad b) => a > b ? a : b;
}

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

        // The least tight of those carried counts, so carry the tightest that suffice: a node that plays calm cannot hold the others back.
        ImmutableArray<CollectedObservation> carried =
        [
            .. good.OrderByDescending(o => o.Vector.Aggregate(Wad.Zero, (sum, risk) => sum + risk.Volatility))
                .Take(report.TightenThreshold)
                .OrderBy(o => o.Signer),
        ];
        var tightened = snapshot.Assets.Select((asset, i) => new ObservedRisk(
            asset.Token,
            Max(asset.Attested.InitialVolatility, Quorum.LeastTight(carried.Select(o => o.Vector[i].Volatility))),
            Max(asset.Attested.InitialSlippage, Quorum.LeastTight(carried.Select(o => o.Vector[i].Slippage))))).ToImmutableArray();
        if (!Tightens(settings, snapshot, tightened) || WholeReport.OutOfBounds(snapshot, tightened) is not null)
        {
            return null;
        }

        var key = string.Join('-', tightened.Select(risk => risk.Volatility.Raw));
        return new Act(
            $"tighten/{report.MarketName}/{report.Epoch + 1}/{key}",
            new TightenInitial(report.Epoch + 1, carried),
            $"initial margin tightens before the next whole report: {WholeReport.Describe(snapshot, tightened)}");
    }

    private static bool Tightens(KeeperSettings settings, ChainSnapshot snapshot, ImmutableArray<ObservedRisk> tightened) =>
        snapshot.Assets.Where((asset, i) =>
            tightened[i].Volatility.ToDouble() >= asset.Attested.InitialVolatility.ToDouble() * (1 + settings.DeviationBps.ToFraction())).Any();

    private static Wad Max(Wad a, Wad b) => a > b ? a : b;
}

using KeeperOracle.Risk.Hedging;
using KeeperOracle.Risk.Portfolios;
namespace KeeperOracle.Tests.Risk.Hedging;
public sealed class Scratch
{
    [Fact]
    public void Print()
    {
        var (market, listed) = DeribitChain.Read("BTC");
        var expiry = market.Expiries.Single(known => known.Name.StartsWith("2026-08-28", StringComparison.Ordinal));
        var book = new Portfolio([market], [new Leg(LegKind.Call, "BTC", expiry.Name, 65_000, -25), new Leg(LegKind.Put, "BTC", expiry.Name, 65_000, -25)], []);
        var limits = new HedgeLimits(1, 1e-4, 5_000, .0005, 1e-5);
        var sw = System.Diagnostics.Stopwatch.StartNew();
        var p = HedgePlanner.Propose(book, "BTC", listed, limits, ScenarioRequirement.Of);
        var t = $"{sw.ElapsedMilliseconds} ms {p.Status}\n" + string.Join("\n", p.Before) + "\n bands " + string.Join(",", p.Bands) + "\n";
        foreach (var plan in p.Plans) { t += $"{plan.Name} inside {plan.InsideTolerance} cost {plan.Cost:F0} cash {plan.CashPaid:F0} before {plan.MarginBefore:F0} after {plan.MarginAfter:F0} released {plan.MarginReleased:F0} trades {plan.Trades.Count}\n"; }
        foreach (var tr in p.Plans[0].Trades) t += $"   {tr.Instrument.Name} {tr.Amount} cash {tr.CashPaid:F0} cost {tr.Cost:F0}\n";
        t += string.Join("\n", p.Plans[0].Residual);
        File.WriteAllText("/tmp/plan.txt", t);
    }
}

using KeeperOracle.Risk;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class PolicyReplayTests
{
    [Fact]
    public void Probe()
    {
        var h = DailyHistory.Read("btc-usdt_1d_binance-spot.csv");
        for (var k = 0; k < 4; k++)
        {
            var t = System.Diagnostics.Stopwatch.StartNew();
            var m = new AppliedVolatility(.94, .25, 0);
            for (var j = 0; j < 5; j++) { var s = AppliedVolatilityState.Empty; foreach (var r in h.Returns) { s = m.Step(s, r); m.Read(s); } }
            Console.WriteLine($"applied only {t.ElapsedMilliseconds / 5.0} ms");
            t.Restart();
            for (var j = 0; j < 5; j++) PolicyReplay.Run(h.Returns, m, new UpdateSettings(), PolicyReplay.PlainBounds);
            Console.WriteLine($"replay {t.ElapsedMilliseconds / 5.0} ms");
        }
    }
}

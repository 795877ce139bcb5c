using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.Volatility;

/// <summary>Returns drawn from a GARCH(1,1), after 200 that are thrown away.</summary>
internal static class SimulatedGarch
{
    /// <summary>Normal innovations, or Student-t of unit variance with <paramref name="degrees"/> degrees of freedom.</summary>
    public static double[] Draw(SeededRandom random, GarchParameters truth, int count, int degrees = 0)
    {
        var returns = new double[count];
        var variance = truth.LongRunVariance ?? (truth.Omega * 1000);
        for (var t = -200; t < count; t++)
        {
            var r = truth.Mu + (Math.Sqrt(variance) * Innovation(random, degrees));
            variance = truth.NextVariance(variance, r);
            if (t >= 0)
            {
                returns[t] = r;
            }
        }

        return returns;
    }

    private static double Innovation(SeededRandom random, int degrees)
    {
        var normal = random.NextNormal();
        if (degrees == 0)
        {
            return normal;
        }

        var squares = 0.0;
        for (var i = 0; i < degrees; i++)
        {
            var x = random.NextNormal();
            squares += x * x;
        }

        return normal / Math.Sqrt(squares / (degrees - 2));
    }
}

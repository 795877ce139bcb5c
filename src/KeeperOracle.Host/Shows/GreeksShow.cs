using KeeperOracle.Risk;
using KeeperOracle.Risk.Correlation;
using KeeperOracle.Risk.Pricing;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System B: prices and Greeks, and correlations that can be. Known from elsewhere: J. C. Hull, Options, Futures and Other Derivatives
/// (the example of the Black-Scholes-Merton chapter; the two stocks of the chapter on value at risk); E. G. Haug, The Complete Guide to
/// Option Pricing Formulas, 2nd edition, chapters 1 and 2; N. J. Higham, Computing the nearest correlation matrix, 2002, section 4;
/// finite differences; the standard error of a correlation, (1 - rho^2)/sqrt(n).
/// </summary>
internal static class GreeksShow
{
    public static Show Show => new("B", "Greeks and correlation", Steps);

    private static IEnumerable<ShowStep> Steps()
    {
        yield return Hull();
        yield return Haug();
        yield return Differences();
        yield return Estimated();
        yield return Impossible();
        yield return Stressed();
    }

    private static ShowStep Hull()
    {
        const double spot = 42, strike = 40, years = .5, volatility = .2, rate = .1;
        var call = BlackScholesMerton.Value(OptionKind.Call, spot, strike, years, volatility, rate);
        var put = BlackScholesMerton.Price(OptionKind.Put, spot, strike, years, volatility, rate);
        return ShowStep.Of(
            $"A six-month call at 40 on a stock at 42 (volatility 20 %, rate 10 %) is worth {call.Price:N4}, the put {put:N4}; the "
            + $"call's delta is {call.Delta:N4}, gamma {call.Gamma:N4}, vega {call.Vega:N4}, theta {call.Theta:N4} a year.",
            new { spot, strike, years, volatility, rate },
            new { call = call.Price, put, call.Delta, call.Gamma, call.Vega, call.Theta },
            "Hull's textbook has 4.76 and .81; to four digits by the same formulas 4.7594, .8086, .7791, .0500, 8.8134, -4.5591",
            ShowStep.Near(call.Price, 4.7594, 5e-5) && ShowStep.Near(put, .8086, 5e-5) && ShowStep.Near(call.Delta, .7791, 5e-5)
            && ShowStep.Near(call.Gamma, .0500, 5e-5) && ShowStep.Near(call.Vega, 8.8134, 5e-5) && ShowStep.Near(call.Theta, -4.5591, 5e-5));
    }

    private static ShowStep Haug()
    {
        var gamma = BlackScholesMerton.Value(OptionKind.Call, 55, 60, .75, .30, .10).Gamma;
        var theta = BlackScholesMerton.Value(OptionKind.Put, 430, 405, 1.0 / 12, .20, .07, .05).Theta;
        var rho = BlackScholesMerton.Value(OptionKind.Call, 72, 75, 1, .19, .09).Rho;
        return ShowStep.Of(
            $"Three more from a reference book: the gamma of a call {gamma:N4}, the theta of a put {theta:N4}, the rho of a call {rho:N4}.",
            new
            {
                gammaOf = new { spot = 55, strike = 60, years = .75, volatility = .30, rate = .10, yield = 0 },
                thetaOf = new { spot = 430, strike = 405, years = 1.0 / 12, volatility = .20, rate = .07, yield = .05 },
                rhoOf = new { spot = 72, strike = 75, years = 1, volatility = .19, rate = .09, yield = 0 },
            },
            new { gamma, theta, rho },
            "Haug has .0278, -31.1924 and 38.7325",
            Math.Abs(gamma - .0278) < 6e-5 && Math.Abs(theta + 31.1924) < 6e-5 && Math.Abs(rho - 38.7325) < 6e-5);
    }

    private static ShowStep Differences()
    {
        const double forward = 3050, strike = 3300, years = 45.0 / 365, volatility = .72, rate = .04, f = 1, v = 1e-3, t = 1e-4, r = 1e-4;
        var value = Black76.Value(OptionKind.Call, forward, strike, years, volatility, rate);
        double At(double df = 0, double dv = 0, double dt = 0, double dr = 0) =>
            Black76.Price(OptionKind.Call, forward + df, strike, years - dt, volatility + dv, rate + dr);
        (string Name, double Greek, double Difference)[] pairs =
        [
            ("delta", value.Delta, (At(df: f) - At(df: -f)) / (2 * f)),
            ("gamma", value.Gamma, (At(df: f) - (2 * At()) + At(df: -f)) / (f * f)),
            ("vega", value.Vega, (At(dv: v) - At(dv: -v)) / (2 * v)),
            ("theta", value.Theta, (At(dt: t) - At(dt: -t)) / (2 * t)),
            ("rho", value.Rho, (At(dr: r) - At(dr: -r)) / (2 * r)),
            ("vanna", value.Vanna, (At(f, v) - At(-f, v) - At(f, -v) + At(-f, -v)) / (4 * f * v)),
            ("volga", value.Volga, (At(dv: v) - (2 * At()) + At(dv: -v)) / (v * v)),
        ];
        return ShowStep.Of(
            "All seven Greeks of a 45-day call at 3,300 on a forward of 3,050: "
            + $"{string.Join(", ", pairs.Select(one => $"{one.Name} {one.Greek:G5}"))}.",
            new { forward, strike, years, volatility, rate, moved = new { forward = f, volatility = v, years = t, rate = r } },
            new { greeks = pairs.ToDictionary(one => one.Name, one => one.Greek), differences = pairs.ToDictionary(one => one.Name, one => one.Difference) },
            "differences of prices, each input moved by a little to both sides, give all seven to 1e-4 of their size",
            pairs.All(one => Math.Abs(one.Greek - one.Difference) <= 1e-4 * Math.Abs(one.Greek)));
    }

    private static ShowStep Estimated()
    {
        const double rho = .6;
        const int days = 20_000;
        const ulong seed = 3;
        double[] returns = new double[2 * days], deviations = [.04, .03];
        MonteCarlo.FillReturns([0, 0], deviations, CorrelationMatrix.Uniform(2, rho), seed, returns);
        var (estimate, error) = (LedoitWolf.Correlation(2, returns)[0, 1], (1 - (rho * rho)) / Math.Sqrt(days / 2.0));
        var ewma = EwmaCorrelation.Estimate(2, returns, .97);
        return ShowStep.Of(
            $"From {days:N0} days drawn with a correlation of {rho} the estimator (Ledoit and Wolf) finds {estimate:N4}; one that "
            + $"forgets (EWMA, .97 a day) finds {ewma[0, 1]:N3} in the last month or two.",
            new { rho, days, deviations, seed, independentDays = days / 2 },
            new { estimate, ewma = ewma[0, 1], standardError = error },
            $"within three standard errors, (1 - rho^2)/sqrt(n) = {error:N4} each, of what was put in",
            Math.Abs(estimate - rho) <= 3 * error);
    }

    private static ShowStep Impossible()
    {
        double[] given = [1, 1, 0, 1, 1, 1, 0, 1, 1];
        string? refusal = null;
        try
        {
            _ = new CorrelationMatrix(3, given);
        }
        catch (RiskInputException refused)
        {
            refusal = refused.Refusal;
        }

        var repaired = NearestCorrelation.Higham(3, given);
        var matrix = repaired.Matrix.Values.ToArray();
        double[] published = [1, .7607, .1573, .7607, 1, .7607, .1573, .7607, 1];
        return ShowStep.Of(
            "Three series of which the first moves with the second, the second with the third, and the first not with the third cannot "
            + $"be: the matrix is refused as {refusal}. The nearest one that can be has {matrix[1]:N4} and {matrix[2]:N4}, "
            + $"{repaired.Distance:N4} away.",
            new { given },
            new { refusal, matrix, repaired.Distance },
            "refused as NotPositiveSemidefinite; Higham's paper has .7607 and .1573 at a distance of .5278; no portfolio of 1,000 drawn "
            + "has a variance under zero in it",
            refusal == "NotPositiveSemidefinite" && matrix.Zip(published).All(pair => Math.Abs(pair.First - pair.Second) < 5e-5)
            && Math.Abs(repaired.Distance - .5278) < 5e-5 && LeastVariance(matrix, 3) >= -1e-12);
    }

    private static ShowStep Stressed()
    {
        double[] exposures = [10e6, 5e6], deviations = [.02, .01];
        const double z = 2.33, days = 10, weight = .5;
        var estimated = CorrelationMatrix.Uniform(2, .3);
        var stressed = StressedCorrelation.TowardsOne(estimated, weight);
        var (calm, crisis) = (LinearBook.StandardDeviation(exposures, deviations, estimated), LinearBook.StandardDeviation(exposures, deviations, stressed));
        var byHand = Math.Sqrt((200_000.0 * 200_000) + (50_000.0 * 50_000) + (2 * .65 * 200_000.0 * 50_000));
        return ShowStep.Of(
            $"10 and 5 million in two stocks that move 2 % and 1 % a day at a correlation of .3 can lose {z * Math.Sqrt(days) * calm:N0} "
            + $"in ten days at 99 %. Half way to everything falling together, at {stressed[0, 1]:N2}, it is "
            + $"{z * Math.Sqrt(days) * crisis:N0}.",
            new { exposures, deviations, correlation = .3, weight, z, days },
            new { calmDeviation = calm, crisisDeviation = crisis, calmLoss = z * Math.Sqrt(days) * calm, crisisLoss = z * Math.Sqrt(days) * crisis },
            $"Hull has a deviation of 220,227 a day and a loss of 1,622,657; by hand {byHand:N0} a day at .65, and the stress is the "
            + "stricter",
            Math.Abs(calm - 220_227) < .5 && Math.Abs((z * Math.Sqrt(days) * calm) - 1_622_657) < .5 && ShowStep.Near(crisis, byHand, 1e-12)
            && crisis > calm);
    }

    private static double LeastVariance(double[] matrix, int size)
    {
        var random = new SeededRandom(11);
        var least = double.PositiveInfinity;
        for (var draw = 0; draw < 1000; draw++)
        {
            double[] weights = [.. Enumerable.Range(0, size).Select(_ => random.NextNormal())];
            least = Math.Min(least, Enumerable.Range(0, size * size).Sum(i => weights[i / size] * matrix[i] * weights[i % size]));
        }

        return least;
    }
}

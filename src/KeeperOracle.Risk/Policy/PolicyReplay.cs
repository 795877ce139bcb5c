using System.Collections.Immutable;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Risk.Policy;

/// <summary>One day of a replay: requirements per unit of notional, each as it stood at the end of the day.</summary>
/// <param name="Return">index of the day's return</param>
/// <param name="Unmitigated">1 - LT at the plain EWMA</param>
/// <param name="Target">1 - LT at the applied volatility, before bounds, steps and thresholds</param>
/// <param name="Initial">what a new loan meets: the stricter of 1 - LT at the initial volatility and of maintenance</param>
/// <param name="Maintenance">1 - LT on its ramp</param>
/// <param name="InitialVolatility">in force, annualised</param>
public readonly record struct PolicyDay(
    int Return, double Unmitigated, double Target, double Initial, double Maintenance, double InitialVolatility, UpdateDecision Decision);

/// <summary>
/// A daily price history through the whole policy: estimator, anti-pro-cyclicality tools, update policy, and the chain's ramp, one step a
/// day at the day's end. Nothing looks ahead, so what is chosen on one part may be judged on the next. The first reading is attested as it
/// is (an asset is listed at its model's value). Slippage is zero: the requirement is 1 - LT of the volatility alone, with the
/// bounds' bonus and jump in all four figures alike (M exactly where they are zero, as in <see cref="PlainBounds"/>).
/// </summary>
public static class PolicyReplay
{
    /// <summary>The unmitigated requirement is that of RiskMetrics' daily EWMA.</summary>
    public const double UnmitigatedLambda = 0.94;

    /// <summary>Bounds under which 1 - LT is M: no bonus, no jump, a ramp of at most .0213 in ln LT a day (half a day's move at 35 %).</summary>
    public static BoundsSnapshot PlainBounds { get; } = new(
        VolatilityFloor: new(Wad.Scale / 10),
        VolatilityCap: new(Wad.Scale * 5),
        SlippageCap: new(Wad.Scale * 3 / 10),
        TightenStep: Wad.One,
        LoosenStep: new(Wad.Scale / 10),
        SlippageStep: new(Wad.Scale / 10),
        TailMultiplier: new(Wad.Scale * 26_652_142 / 10_000_000), // Conventions.NormalTailMultiplier
        Bonus: Wad.Zero,
        Jump: Wad.Zero,
        RampPerDay: new(Wad.Scale * 21_309 / 1_000_000),
        HorizonSeconds: (uint)AppliedVolatility.HorizonSeconds);

    /// <summary>One entry for each return from the <see cref="AppliedVolatility.SeedReturns"/>th on.</summary>
    /// <param name="returns">daily log returns, oldest first</param>
    /// <exception cref="RiskInputException">TooFewObservations, NotFinite, and what the settings refuse</exception>
    public static ImmutableArray<PolicyDay> Run(
        ReadOnlySpan<double> returns, AppliedVolatility volatility, UpdateSettings settings, in BoundsSnapshot bounds)
    {
        if (returns.Length < AppliedVolatility.SeedReturns)
        {
            throw new RiskInputException(
                "TooFewObservations", $"{returns.Length} daily returns: the estimator needs {AppliedVolatility.SeedReturns} before it "
                + "says anything.");
        }

        var model = volatility.Validated();
        var policy = new UpdatePolicy(settings, bounds);
        var estimate = AppliedVolatilityState.Empty;
        UpdateState? update = null;
        var plain = Ewma.Variance(returns[..AppliedVolatility.SeedReturns], UnmitigatedLambda, AppliedVolatility.SeedReturns);
        var days = ImmutableArray.CreateBuilder<PolicyDay>(returns.Length - AppliedVolatility.SeedReturns + 1);
        for (var i = 0; i < returns.Length; i++)
        {
            estimate = model.Step(estimate, returns[i]);
            if (model.Read(estimate) is not { } reading)
            {
                continue;
            }

            plain = update is null ? plain : Ewma.Update(plain, returns[i], UnmitigatedLambda);
            var now = (ulong)(i + 1) * (ulong)Conventions.SecondsPerDay;
            update ??= Listed(reading.Applied, policy, bounds, now);
            (update, var decision) = policy.Step(update, new UpdateObservation(Wad.FromDoubleUp(reading.Applied), Wad.Zero), now);
            days.Add(Day(i, Ewma.Annualise(plain, Conventions.SecondsPerDay), reading.Applied, policy, update, decision, now));
        }

        return days.ToImmutable();
    }

    private static PolicyDay Day(
        int index, double plain, double applied, UpdatePolicy policy, UpdateState update, UpdateDecision decision, ulong now)
    {
        var initial = update.Attested.InitialVolatility.ToDouble();
        var maintenance = 1 - Elementary.Exp(policy.LnThresholdInForce(update.Attested, now));
        return new PolicyDay(
            index,
            policy.Requirement(plain),
            policy.Requirement(applied),
            Math.Max(maintenance, policy.Requirement(initial)),
            maintenance,
            initial,
            decision);
    }

    private static UpdateState Listed(double applied, UpdatePolicy policy, in BoundsSnapshot bounds, ulong now)
    {
        var (volatility, _) = RiskPolicy.Admit(Wad.FromDoubleUp(applied), (bounds.VolatilityFloor, bounds.VolatilityCap), "volatility");
        var start = Elementary.Log(1 - policy.Requirement(volatility.ToDouble()));
        return UpdateState.From(new AttestedSnapshot(volatility, Wad.Zero, volatility, Wad.Zero, Wad.FromDoubleDown(start), now), now);
    }
}

using KeeperOracle.Primitives;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Risk.Policy;

/// <summary>
/// Whether, when and how far what is attested of one asset should move towards its target; a pure state machine, the twin of what the
/// chain does with a report (RiskOracle.sol): a whole report moves initial at once and starts the ramp of maintenance, a tightening moves
/// initial alone. One step looks at one observation and gives one decision with its reason and numbers.
/// <code>
/// admitted   the target held inside bounds and steps, and so that M of initial rises by at most `RiseLimit` inside `RiseWindowSeconds`
/// tighten    admitted over initial by d 2^n, n = changes inside the last day: at once, as a whole report where the interval has passed,
///            else as a tightening, confirmed by a whole report (which starts the ramp) when it has
/// loosen     target under initial by D, d at most D (hysteresis), without a break for the dwell time, and the regime under stressed
/// heartbeat  the values in force again, where no whole report came for that long
/// else       silence, with the reason
/// </code>
/// At most k changes in any day: tightenings, their confirmations and loosenings count, heartbeats change nothing and do not. d 2^n keeps
/// the places for what matters: when the limit holds a tightening back, initial has risen by (1+d)(1+2d)(1+4d).. already. A tightening
/// that needs a confirmation takes two places. Halted is silence: past the heartbeat the chain tightens initial by itself.
/// M is <see cref="AppliedVolatility.Margin"/> of the initial volatility under the bounds' multiplier and horizon; slippage is outside it.
/// Limits: one asset; a report carries all, those with nothing to say at their values in force (every decision names them).
/// The reasons (<see cref="UpdateReason"/>), the settings, the state and the decision are in UpdateState.cs.
/// </summary>
public sealed class UpdatePolicy(UpdateSettings settings, BoundsSnapshot bounds)
{
    private readonly UpdateSettings _settings = settings.Validated();

    private readonly FactorParameters _parameters = new(
        bounds.TailMultiplier.ToDouble(), bounds.HorizonSeconds, bounds.Bonus.ToDouble(), bounds.Jump.ToDouble());

    private readonly double _rampPerDay = bounds.RampPerDay.ToDouble();

    /// <exception cref="RiskInputException">TimeRunsBackwards, VolatilityNotPositive</exception>
    public (UpdateState State, UpdateDecision Decision) Step(UpdateState state, in UpdateObservation observation, ulong now)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (now < state.LastSeenAt)
        {
            throw new RiskInputException("TimeRunsBackwards", $"Now is {now}, the state has seen {state.LastSeenAt}.");
        }

        if (!(observation.Volatility > Wad.Zero) || observation.Slippage < Wad.Zero || !(state.Attested.InitialVolatility > Wad.Zero))
        {
            throw new RiskInputException(
                "VolatilityNotPositive",
                $"Volatility {observation.Volatility} with slippage {observation.Slippage} against {state.Attested.InitialVolatility} in "
                + "force: volatilities are over zero, slippage at least zero.");
        }

        var seen = state.At(now, _settings);
        if (observation.Regime == Regime.Halted)
        {
            const string Text = "the regime is halted: nothing is attested";
            return (seen with { LooserSince = null }, Silent(seen, observation, UpdateReason.Halted, 0, 0, Text));
        }

        var (next, decision) = FirstAct(seen, observation, now);
        return decision.Kind == UpdateKind.None && now - next.LastWholeReportAt >= _settings.HeartbeatSeconds
            ? Heartbeat(next, observation, now, decision)
            : (next, decision);
    }

    /// <summary>A tightening that is held back does not hold back the confirmation of the one before it.</summary>
    private (UpdateState, UpdateDecision) FirstAct(UpdateState state, in UpdateObservation observation, ulong now)
    {
        var tightening = Tighten(state, observation, now);
        if (tightening is { Decision.Kind: not UpdateKind.None } acts)
        {
            return acts;
        }

        var confirmation = Confirm(state, observation, now);
        return confirmation is { Decision.Kind: not UpdateKind.None } confirms
            ? confirms
            : tightening ?? confirmation ?? Loosen(state, observation, now);
    }

    /// <summary>The largest volatility that the bounds, the tightening step and the rise limit let initial have now.</summary>
    public (Wad Volatility, bool ByRiseLimit) HighestInitial(UpdateState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var high = RiskPolicy.VolatilityRange(state.Attested, bounds).High;
        var least = state.Changes.Select(change => change.InitialBefore).Append(state.Attested.InitialVolatility).Min().ToDouble();
        var highest = (1 + _settings.RiseLimit) * AppliedVolatility.Margin(least, _parameters.TailMultiplier, _parameters.HorizonSeconds);
        if (!(highest < 1))
        {
            return (high, false);
        }

        var perVolatility = _parameters.TailMultiplier * Math.Sqrt(_parameters.HorizonSeconds / Conventions.SecondsPerYear);
        var limit = Wad.FromDoubleDown(-Elementary.Log(1 - highest) / perVolatility);
        return limit < high ? (limit, true) : (high, false);
    }

    /// <summary>Null where the target is not tighter than what is in force by enough, or not at all.</summary>
    private (UpdateState State, UpdateDecision Decision)? Tighten(UpdateState state, in UpdateObservation observation, ulong now)
    {
        var attested = state.Attested;
        var used = state.ChangesToday(now);
        var threshold = _settings.TightenDeviation * (1L << used);
        var slippageThreshold = _settings.SlippageDeviation * (1L << used);
        if (!Tighter(observation.Volatility, observation.Slippage))
        {
            return null;
        }

        var (high, byRiseLimit) = HighestInitial(state);
        var volatility = Max(attested.InitialVolatility, Min(observation.Volatility, high));
        var slippage = Max(attested.InitialSlippage, Min(observation.Slippage, RiskPolicy.SlippageRange(attested, bounds).High));
        var deviation = Deviation(observation.Volatility, attested.InitialVolatility);
        var whole = now - state.LastWholeReportAt >= _settings.MinIntervalSeconds;
        if (!Tighter(volatility, slippage))
        {
            var reason = byRiseLimit ? UpdateReason.HeldByRiseLimit : UpdateReason.HeldByBound;
            return (state with { LooserSince = null }, Silent(state, observation, reason, deviation, threshold,
                $"volatility {observation.Volatility} is aimed at, at most {high} is admitted now, "
                + $"{attested.InitialVolatility} is in force"));
        }

        var needed = whole ? 1 : 2;
        if (used + needed > _settings.ChangesPerDay)
        {
            return (state with { LooserSince = null }, Silent(state, observation, UpdateReason.DailyLimit, deviation, threshold,
                $"{used} of {_settings.ChangesPerDay} changes of the last day are used, a tightening now needs {needed}"));
        }

        var next = whole ? Whole(state, volatility, slippage, now, changes: true) : Initial(state, volatility, slippage, now);
        var held = volatility < observation.Volatility ? byRiseLimit ? ", held by the rise limit" : ", held by the bounds" : "";
        return (next, new UpdateDecision(
            whole ? UpdateKind.WholeReport : UpdateKind.TightenInitial, UpdateReason.Tighten, volatility, slippage, deviation, threshold,
            $"volatility {attested.InitialVolatility} -> {volatility} (aimed at {observation.Volatility}{held}), slippage "
            + $"{attested.InitialSlippage} -> {slippage}"));

        bool Tighter(Wad v, Wad s) =>
            Deviation(v, attested.InitialVolatility) >= threshold || (s - attested.InitialSlippage).ToDouble() >= slippageThreshold;
    }

    /// <summary>A tightening that a whole report has not yet carried: maintenance must begin to follow. Null where there is none.</summary>
    private (UpdateState State, UpdateDecision Decision)? Confirm(UpdateState state, in UpdateObservation observation, ulong now)
    {
        var attested = state.Attested;
        if (attested.InitialVolatility == attested.Volatility && attested.InitialSlippage == attested.Slippage)
        {
            return null;
        }

        var age = now - state.LastWholeReportAt;
        return age < _settings.MinIntervalSeconds
            ? (state with { LooserSince = null }, Silent(state, observation, UpdateReason.ReportTooEarly, 0, 0,
                $"the tightening is confirmed {_settings.MinIntervalSeconds - age} s from now, when the interval between two whole "
                + "reports has passed"))
            : (Whole(state, attested.InitialVolatility, attested.InitialSlippage, now, changes: true), new UpdateDecision(
                UpdateKind.WholeReport, UpdateReason.ConfirmTightening, attested.InitialVolatility, attested.InitialSlippage,
                Deviation(attested.InitialVolatility, attested.Volatility), 0,
                $"maintenance begins to follow initial to volatility {attested.InitialVolatility}, slippage {attested.InitialSlippage}"));
    }

    private (UpdateState, UpdateDecision) Loosen(UpdateState state, in UpdateObservation observation, ulong now)
    {
        var attested = state.Attested;
        var deviation = Deviation(observation.Volatility, attested.InitialVolatility);
        var threshold = _settings.LoosenDeviation;
        var slippageFall = (attested.InitialSlippage - observation.Slippage).ToDouble();
        if (-deviation < threshold && slippageFall < 2 * _settings.SlippageDeviation)
        {
            return (state with { LooserSince = null }, Silent(state, observation, UpdateReason.WithinDeviation, deviation, threshold,
                $"volatility {observation.Volatility} is within {_settings.TightenDeviation:P1} over and {threshold:P1} under the "
                + $"{attested.InitialVolatility} in force"));
        }

        if (observation.Regime == Regime.Stressed)
        {
            return (state with { LooserSince = null }, Silent(state, observation, UpdateReason.LooseningBlocked, deviation, threshold,
                "the regime is stressed: nothing is loosened"));
        }

        var since = state.LooserSince ?? now;
        var dwelling = state with { LooserSince = since };
        if (now - since < _settings.DwellSeconds)
        {
            return (dwelling, Silent(state, observation, UpdateReason.Dwelling, deviation, threshold,
                $"looser for {now - since} s, {_settings.DwellSeconds} s without a break are needed"));
        }

        var volatilities = RiskPolicy.VolatilityRange(attested, bounds);
        var slippages = RiskPolicy.SlippageRange(attested, bounds);
        var volatility = Max(Min(observation.Volatility, HighestInitial(state).Volatility), volatilities.Low);
        var slippage = Min(Max(observation.Slippage, slippages.Low), slippages.High);
        if (volatility == attested.Volatility && slippage == attested.Slippage)
        {
            return (dwelling, Silent(state, observation, UpdateReason.HeldByBound, deviation, threshold,
                $"volatility {observation.Volatility} is aimed at, the bounds admit nothing under {volatilities.Low}"));
        }

        var age = now - state.LastWholeReportAt;
        if (age < _settings.MinIntervalSeconds || state.ChangesToday(now) >= _settings.ChangesPerDay)
        {
            var reason = age < _settings.MinIntervalSeconds ? UpdateReason.ReportTooEarly : UpdateReason.DailyLimit;
            return (dwelling, Silent(state, observation, reason, deviation, threshold,
                $"the last whole report is {age} s old, {state.ChangesToday(now)} of {_settings.ChangesPerDay} changes of the last day "
                + "are used"));
        }

        var next = Whole(dwelling, volatility, slippage, now, changes: true) with { LooserSince = null };
        return (next, new UpdateDecision(UpdateKind.WholeReport, UpdateReason.Loosen, volatility, slippage, deviation, threshold,
            $"volatility {attested.InitialVolatility} -> {volatility} (aimed at {observation.Volatility}), slippage "
            + $"{attested.InitialSlippage} -> {slippage}"));
    }

    private (UpdateState, UpdateDecision) Heartbeat(UpdateState state, in UpdateObservation observation, ulong now, UpdateDecision silence)
    {
        var attested = state.Attested;
        var next = Whole(state, attested.InitialVolatility, attested.InitialSlippage, now, changes: false);
        return (
            next with { LooserSince = state.LooserSince },
            new UpdateDecision(UpdateKind.WholeReport, UpdateReason.Heartbeat, attested.InitialVolatility, attested.InitialSlippage,
                Deviation(observation.Volatility, attested.InitialVolatility), silence.Threshold,
                $"the last whole report is {now - state.LastWholeReportAt} s old; unchanged: {silence.Detail}"));
    }

    /// <summary>As RiskOracle.submit: initial at once, the ramp from where maintenance is now.</summary>
    private UpdateState Whole(UpdateState state, Wad volatility, Wad slippage, ulong now, bool changes)
    {
        var next = changes ? Changed(state, now) : state;
        var start = LnThresholdInForce(state.Attested, now);
        return next with
        {
            Attested = new AttestedSnapshot(volatility, slippage, volatility, slippage, Wad.FromDoubleDown(start), now),
            LastWholeReportAt = now,
            LooserSince = null,
        };
    }

    /// <summary>As RiskOracle.tighten: maintenance is untouched.</summary>
    private static UpdateState Initial(UpdateState state, Wad volatility, Wad slippage, ulong now) => Changed(state, now) with
    {
        Attested = state.Attested with { InitialVolatility = volatility, InitialSlippage = slippage },
        LooserSince = null,
    };

    private static UpdateState Changed(UpdateState state, ulong now) =>
        state with { Changes = state.Changes.Add(new UpdateChange(now, state.Attested.InitialVolatility)) };

    /// <summary>ln of the liquidation threshold in force, on its ramp.</summary>
    public double LnThresholdInForce(in AttestedSnapshot attested, ulong now)
    {
        var target = CollateralFactors.LnLiquidationThreshold(attested.Volatility.ToDouble(), attested.Slippage.ToDouble(), _parameters);
        return CollateralFactors.Ramp(attested.LnThresholdAtUpdate.ToDouble(), target, _rampPerDay, now - attested.UpdatedAt);
    }

    /// <summary>1 - LT of a volatility without slippage, under the bounds' multiplier, horizon, bonus and jump.</summary>
    public double Requirement(double volatility) => 1 - CollateralFactors.LiquidationThreshold(volatility, 0, _parameters);

    private static UpdateDecision Silent(
        UpdateState state, in UpdateObservation observation, UpdateReason reason, double deviation, double threshold, string detail)
    {
        var shown = deviation == 0 ? Deviation(observation.Volatility, state.Attested.InitialVolatility) : deviation;
        return new(UpdateKind.None, reason, state.Attested.InitialVolatility, state.Attested.InitialSlippage, shown, threshold, detail);
    }

    private static double Deviation(Wad target, Wad inForce) => (target.ToDouble() / inForce.ToDouble()) - 1;

    private static Wad Max(Wad a, Wad b) => a > b ? a : b;

    private static Wad Min(Wad a, Wad b) => a < b ? a : b;
}

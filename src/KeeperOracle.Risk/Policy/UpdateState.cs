using System.Collections.Immutable;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Risk.Policy;

/// <summary>When a change is worth a report.</summary>
/// <param name="TightenDeviation">d: relative rise of the volatility over what is in force, over 0</param>
/// <param name="LoosenDeviation">D: relative fall under it, at least d: the gap is the hysteresis</param>
/// <param name="SlippageDeviation">rise of slippage, an absolute fraction, over 0; a fall counts from twice as much</param>
/// <param name="DwellSeconds">how long a looser target must have stood without a break</param>
/// <param name="ChangesPerDay">k, 2 to 16</param>
/// <param name="MinIntervalSeconds">between two whole reports, as the contract has it</param>
/// <param name="HeartbeatSeconds">over the interval</param>
/// <param name="RiseLimit">most that M of initial may rise inside the window, over 0; infinite for none</param>
/// <param name="RiseWindowSeconds">five days</param>
public sealed record UpdateSettings(
    double TightenDeviation = 0.05,
    double LoosenDeviation = 0.10,
    double SlippageDeviation = 0.01,
    ulong DwellSeconds = 86_400,
    int ChangesPerDay = 4,
    ulong MinIntervalSeconds = 3_600,
    ulong HeartbeatSeconds = 86_400,
    double RiseLimit = 0.5,
    ulong RiseWindowSeconds = 432_000)
{
    /// <exception cref="RiskInputException">UpdateSettingsInvalid</exception>
    public UpdateSettings Validated()
    {
        Require(TightenDeviation > 0 && double.IsFinite(TightenDeviation), nameof(TightenDeviation), TightenDeviation, "over 0");
        var hysteresis = LoosenDeviation >= TightenDeviation && LoosenDeviation < 1;
        Require(hysteresis, nameof(LoosenDeviation), LoosenDeviation, "at least TightenDeviation, under 1");
        Require(SlippageDeviation > 0 && double.IsFinite(SlippageDeviation), nameof(SlippageDeviation), SlippageDeviation, "over 0");
        Require(ChangesPerDay is >= 2 and <= 16, nameof(ChangesPerDay), ChangesPerDay, "2 (a tightening and its confirmation) to 16");
        Require(HeartbeatSeconds > MinIntervalSeconds, nameof(HeartbeatSeconds), HeartbeatSeconds, "over MinIntervalSeconds");
        Require(RiseLimit > 0, nameof(RiseLimit), RiseLimit, "over 0");
        return this;
    }

    private static void Require(bool holds, string name, double value, string range)
    {
        if (!holds)
        {
            throw new RiskInputException("UpdateSettingsInvalid", $"{name} is {value}: it must be {range}.");
        }
    }
}

/// <summary>What one asset should be attested at, were there no policy, and the regime of its market.</summary>
/// <param name="Volatility">applied, annualised</param>
/// <param name="Slippage">a fraction</param>
public readonly record struct UpdateObservation(Wad Volatility, Wad Slippage, Regime Regime = Regime.Normal);

/// <summary>When something was changed, and the initial volatility that was in force until then.</summary>
public readonly record struct UpdateChange(ulong At, Wad InitialBefore);

/// <summary>All that is kept between two steps; times in chain seconds.</summary>
/// <param name="Attested">what the chain holds</param>
/// <param name="LastWholeReportAt">of any asset: a report carries all</param>
/// <param name="LastSeenAt">of the last step</param>
/// <param name="Changes">of the last day or the rise window, whichever is longer, oldest first</param>
/// <param name="LooserSince">since when the target has been looser without a break; null where it is not</param>
public sealed record UpdateState(
    AttestedSnapshot Attested, ulong LastWholeReportAt, ulong LastSeenAt, ImmutableArray<UpdateChange> Changes, ulong? LooserSince)
{
    private const ulong Day = 86_400;

    /// <summary>A state with no past: as after the start, from what the chain says.</summary>
    public static UpdateState From(in AttestedSnapshot attested, ulong lastWholeReportAt) =>
        new(attested, lastWholeReportAt, lastWholeReportAt, [], null);

    /// <summary>
    /// The state as the chain has it now: a report may have been dropped, another keeper's may have come first, another asset may have
    /// caused a whole report. An initial volatility that is not what was expected counts as a change, the stricter way to read it.
    /// </summary>
    public UpdateState Observed(in AttestedSnapshot attested, ulong lastWholeReportAt, ulong now)
    {
        var changed = attested.InitialVolatility != Attested.InitialVolatility || attested.InitialSlippage != Attested.InitialSlippage;
        return this with
        {
            Attested = attested,
            LastWholeReportAt = lastWholeReportAt,
            LastSeenAt = Math.Max(LastSeenAt, now),
            Changes = changed ? Changes.Add(new UpdateChange(now, Attested.InitialVolatility)) : Changes,
            LooserSince = changed ? null : LooserSince,
        };
    }

    /// <summary>Changes inside the day that ends now.</summary>
    public int ChangesToday(ulong now) => Changes.Count(change => now - change.At < Day);

    internal UpdateState At(ulong now, UpdateSettings settings)
    {
        var kept = Math.Max(Day, settings.RiseWindowSeconds);
        return this with { LastSeenAt = now, Changes = Changes.RemoveAll(change => now - change.At >= kept) };
    }
}

public enum UpdateKind
{
    None,
    TightenInitial,
    WholeReport,
}

/// <summary>Why; the names are kept for good.</summary>
public enum UpdateReason
{
    WithinDeviation,
    Tighten,
    ConfirmTightening,
    Loosen,
    Heartbeat,
    Dwelling,
    LooseningBlocked,
    HeldByBound,
    HeldByRiseLimit,
    DailyLimit,
    ReportTooEarly,
    Halted,
}

/// <summary>What to do about one asset, and the numbers it rests on.</summary>
/// <param name="Volatility">to attest for initial; the value in force where there is nothing to do</param>
/// <param name="Slippage">likewise</param>
/// <param name="Deviation">of the target's volatility from the initial one in force, relative; of initial from maintenance's where that
/// is confirmed</param>
/// <param name="Threshold">that it was held against, 0 where there is none</param>
public sealed record UpdateDecision(
    UpdateKind Kind, UpdateReason Reason, Wad Volatility, Wad Slippage, double Deviation, double Threshold, string Detail);

using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper;

/// <summary>Observe decides and records; shadow also says what it would send; active sends.</summary>
public enum KeeperMode
{
    Observe,
    Shadow,
    Active,
}

/// <summary>The numbers the keeper decides with.</summary>
/// <param name="Mode">what a decision leads to</param>
/// <param name="DeviationBps">a report is published when the quorum's value is this far from the chain's</param>
/// <param name="ReportHeartbeatSeconds">a report is published at least this often, in chain seconds</param>
/// <param name="MinimumBonusValue">least bonus a liquidation must earn, in units of account</param>
/// <param name="SeizureTolerance">how much less than planned may be seized, and more repaid, before the call reverts</param>
/// <param name="QuarantineAfterFailures">failed attempts after which an account is set aside</param>
/// <param name="QuarantineSeconds">for how long, in chain seconds</param>
/// <param name="LiquidationDeadlineSeconds">chain seconds after the snapshot at which the call reverts</param>
/// <param name="MaxAccounts">most accounts of one vault</param>
/// <param name="FactorTolerance">largest relative difference between the chain's factors and those recomputed here</param>
/// <param name="ReportWorth">the most that carrying a report or a tightening may cost, in units of account</param>
/// <param name="FundingWorth">the same of an approval</param>
/// <param name="ClosingWorth">the same of closing an account that earns nothing, since its collateral does not cover its debt; zero leaves it to others</param>
/// <param name="MaxLiquidatableByReport">largest share of all debt that may become liquidatable by a report alone</param>
/// <param name="TopUpWorth">the most that executing a standing top-up may cost, in units of account</param>
/// <param name="SettlementWorth">the most that one step of settling options may cost, in units of account</param>
/// <param name="AlertHealth">under which an account is told of as near liquidation; at least 1, where nobody is</param>
public sealed record KeeperSettings(
    KeeperMode Mode,
    Bps DeviationBps,
    ulong ReportHeartbeatSeconds,
    Wad MinimumBonusValue,
    Bps SeizureTolerance,
    int QuarantineAfterFailures,
    ulong QuarantineSeconds,
    ulong LiquidationDeadlineSeconds,
    int MaxAccounts,
    double FactorTolerance,
    Wad ReportWorth,
    Wad FundingWorth,
    Wad ClosingWorth,
    Bps MaxLiquidatableByReport,
    Wad TopUpWorth,
    Wad SettlementWorth,
    Wad AlertHealth)
{
    /// <summary>The most that executing a swap mandate may cost beside its tip, or asking for a swap under a lien, in units of account; with zero and no tip it is left to others.</summary>
    public Wad SwapWorth { get; init; }

    /// <summary>What of a seizure on another chain is held against its being paid there later, and maybe after vetoes: from 0 to 10,000.</summary>
    public Bps SeizureDiscount { get; init; }

    /// <summary>The most that one mark of a time without a price may cost, in units of account; zero leaves them to others.</summary>
    public Wad BreakerWorth { get; init; }

    /// <summary>An account with options under this health, and not under 1, is told what would hedge them; at 1 nobody is.</summary>
    public Wad HedgeHealth { get; init; } = Wad.One;

    /// <summary>Chain seconds after which the same options are judged again.</summary>
    public ulong HedgeEverySeconds { get; init; } = 3_600;

    /// <summary>What may stay open, as a share of as many options at the money.</summary>
    public Bps HedgeTolerance { get; init; } = new(1_000);

    /// <summary>Half the spread that a plan assumes, as a share of an option's mark.</summary>
    public Bps HedgeCost { get; init; } = new(100);
}

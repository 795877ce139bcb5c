namespace KeeperOracle.Risk.Cascade;

/// <summary>One collateral of the simulated market.</summary>
/// <param name="Price">units of account, at the start</param>
/// <param name="Volatility">annualised; what the impact of a sale is measured in</param>
/// <param name="DailyVolume">units of account that the market bears a day</param>
/// <param name="LiquidationThreshold">LT at the start</param>
/// <param name="Bonus">largest liquidation bonus</param>
public sealed record CascadeAsset(
    string Name, double Price, double Volatility, double DailyVolume, double LiquidationThreshold, double Bonus);

/// <summary>How sales move prices and how liquidation works, for all assets.</summary>
/// <param name="Assets">in the order of every array here</param>
/// <param name="Correlation">of returns; square, symmetric, ones on the diagonal</param>
/// <param name="StepsPerDay">length of a step of the path</param>
/// <param name="TargetHealth">HT: what a partial liquidation restores</param>
/// <param name="MinimumDebt">units of account; less is not left over</param>
/// <param name="ImpactCalibration">Y of the square-root law</param>
/// <param name="CrossImpact">share of an impact that reaches other assets in proportion to correlation, 0 to 1</param>
/// <param name="AbsorbedPerStep">share of what was sold that the market takes up in a step, 0 to 1: the decay of impact</param>
/// <param name="BonusFloor">share of the bonus at health 1</param>
/// <param name="FullBonusUnderHealth">under-health at which the whole bonus applies</param>
/// <param name="LiquidatorProfit">least profit of a liquidator after the fall its own sale makes; null where they come at any price</param>
public sealed record CascadeMarket(
    IReadOnlyList<CascadeAsset> Assets,
    IReadOnlyList<IReadOnlyList<double>> Correlation,
    int StepsPerDay = 24,
    double TargetHealth = 1.05,
    double MinimumDebt = 100,
    double ImpactCalibration = 1,
    double CrossImpact = .5,
    double AbsorbedPerStep = .25,
    double BonusFloor = .5,
    double FullBonusUnderHealth = .05,
    double? LiquidatorProfit = 0);

/// <summary>A borrower: tokens of each asset, and debt in units of account.</summary>
public sealed record CascadeAccount(IReadOnlyList<double> Amounts, double Debt);

/// <summary>What the simulator is given.</summary>
/// <param name="LogReturns">by step and asset: what prices do of themselves</param>
/// <param name="ThresholdTargets">by step and asset: the LT that the risk model asks for; null where LT stays</param>
public sealed record CascadeScenario(
    CascadeMarket Market,
    IReadOnlyList<CascadeAccount> Accounts,
    IReadOnlyList<IReadOnlyList<double>> LogReturns,
    IReadOnlyList<IReadOnlyList<double>>? ThresholdTargets = null);

/// <summary>The protocol's brakes; each is off where it is null or false.</summary>
/// <param name="PartialLiquidation">to the target health; otherwise the whole debt may be repaid at once</param>
/// <param name="RampPerStep">most that ln LT moves in a step; null: at once</param>
/// <param name="VolumeCap">most sold in a step, as a share of the volume of a step; not for accounts with V/D under 1 + bonus + 2 %</param>
/// <param name="Breaker">pauses the liquidation of an asset whose price has left the other sources</param>
/// <param name="InsuranceFund">units of account that pay for deficits before the lenders do</param>
public sealed record CascadeControls(
    bool PartialLiquidation = false,
    double? RampPerStep = null,
    double? VolumeCap = null,
    CascadeBreaker? Breaker = null,
    double InsuranceFund = 0)
{
    /// <summary>No brakes.</summary>
    public static CascadeControls Off => new();

    /// <summary>
    /// The protocol's brakes: partial liquidation, thresholds that glide half a percent an hour, a pause of an hour (at most six) at a
    /// divergence of 10 %. Without a volume cap: see <see cref="CascadeSimulator"/> for what each was measured to do.
    /// </summary>
    public static CascadeControls On => new(true, .005, null, new CascadeBreaker(.10, 1, 6));
}

/// <param name="Divergence">fraction by which forced sales hold the price under what the other sources say, over which the asset
/// pauses</param>
/// <param name="PauseSteps">length of a pause</param>
/// <param name="BudgetSteps">most steps an asset may pause in one run</param>
public sealed record CascadeBreaker(double Divergence, int PauseSteps, int BudgetSteps);

/// <summary>
/// What came of it, in units of account. Conservation: OpenDebt + RepaidDebt + InsurancePaid + LendersLoss is the debt at the start, and
/// the tokens sold and still held are the tokens at the start.
/// </summary>
/// <param name="RealisedDeficit">debt of accounts whose collateral is gone: InsurancePaid + LendersLoss</param>
/// <param name="OpenShortfall">what accounts still open owe over the value of their collateral at the last prices</param>
/// <param name="SoldValue">collateral seized and sold, at the prices of the seizure</param>
/// <param name="SoldAmounts">tokens by asset</param>
/// <param name="HeldAmounts">tokens by asset that accounts still hold</param>
/// <param name="LiquidatedAccounts">accounts that were liquidated at least once</param>
/// <param name="Rounds">rounds of liquidation over all steps: over one in a step is a cascade</param>
/// <param name="DeepestRounds">most rounds in one step</param>
/// <param name="Prices">by step and asset, after the step</param>
public sealed record CascadeOutcome(
    double RealisedDeficit,
    double OpenShortfall,
    double InsurancePaid,
    double LendersLoss,
    double OpenDebt,
    double RepaidDebt,
    double SoldValue,
    IReadOnlyList<double> SoldAmounts,
    IReadOnlyList<double> HeldAmounts,
    int LiquidatedAccounts,
    int Rounds,
    int DeepestRounds,
    IReadOnlyList<IReadOnlyList<double>> Prices)
{
    /// <summary>Before insurance: a control that only puts a loss off does not look better for it.</summary>
    public double BadDebt => RealisedDeficit + OpenShortfall;
}

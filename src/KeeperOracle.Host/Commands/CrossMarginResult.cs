using System.ComponentModel;
using KeeperOracle.Risk.CrossChain;
using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Host.Commands;

[Description("Margin of accounts on several chains as one portfolio, in its unit of account. Net margins: positive is healthy.")]
internal sealed record CrossMarginResult(
    [Description("initial margin, net: new risk is allowed at zero or over; falls as observations age")] double Im,
    [Description("maintenance margin, net; no age changes it")] double Mm,
    [Description("maintenance capacity over debt and requirement; null where nothing is owed or required")] double? Health,
    [Description("likewise, initial")] double? InitialHealth,
    double InitialCapacity,
    double MaintenanceCapacity,
    [Description("borrowed, and cash owed in excess of cash held")] double Debt,
    [Description("of all legs together, maintenance, positive")] double Requirement,
    [Description("likewise for new risk; with silent chains the largest over their legs being there or not")] double InitialRequirement,
    [Description("what linking the legs saves: the sum of the chains' own requirements less that of all together; maintenance")] double Offset,
    double MarkToMarket,
    IReadOnlyList<CrossMarginChain> Chains,
    CrossMarginDistance Distance)
{
    public static CrossMarginResult Of(LinkedAccounts accounts, CrossChainAssessment assessment, CrossChainDistance distance, double days)
    {
        var figures = assessment.Figures;
        return new CrossMarginResult(
            figures.InitialMargin,
            figures.MaintenanceMargin,
            figures.Health,
            figures.InitialHealth,
            figures.InitialCapacity,
            figures.MaintenanceCapacity,
            figures.Debt,
            figures.Requirement,
            figures.InitialRequirement,
            assessment.Offset,
            figures.MarkToMarket,
            [.. assessment.Chains.Zip(accounts.Chains, CrossMarginChain.Of)],
            CrossMarginDistance.Of(distance, days));
    }

    public static void Print(CrossMarginResult result)
    {
        Console.Out.WriteLine(
            $"all chains: initial margin {Display.Money(result.Im)}, maintenance margin {Display.Money(result.Mm)}, "
                + (result.Health is { } health ? $"health {Display.Figure(health)}" : "nothing owed or required"));
        Console.Out.WriteLine(
            $"debt {Display.Money(result.Debt)}, requirement of the legs {Display.Money(result.Requirement)} (linking them saves {Display.Money(result.Offset)})");
        Output.Table(
            ["chain", "age", "value", "counted", "initial", "maintenance", "debt", "requirement", "initial margin if silent"],
            result.Chains.Select(chain => new[]
            {
                chain.Silent ? $"{chain.Chain} (silent)" : chain.Chain,
                $"{Display.Figure(chain.CountedAgeSeconds)} s",
                Display.Money(chain.Value),
                chain.Admitted < chain.Value ? $"{Display.Money(chain.Admitted)} (cap)" : Display.Money(chain.Admitted),
                Display.Money(chain.InitialCapacity),
                Display.Money(chain.MaintenanceCapacity),
                Display.Money(chain.Debt),
                Display.Money(chain.Requirement),
                Display.Money(chain.ImIfSilent),
            }));
        if (result.Chains.Any(chain => chain.Collaterals.Count > 0))
        {
            Output.Table(
                ["chain", "collateral", "value", "counted", "haircut, initial", "haircut, maintenance"],
                result.Chains.SelectMany(chain => chain.Collaterals.Select(held => new[]
                {
                    chain.Chain, held.Asset, Display.Money(held.Value), Display.Money(held.Admitted), Fine(held.InitialHaircut), Fine(held.MaintenanceHaircut),
                })));
        }

        result.Distance.Print();
    }

    /// <summary>A haircut is often under a tenth of a percent.</summary>
    private static string Fine(double fraction) => $"{Display.Figure(fraction * 100)} %";
}

internal sealed record CrossMarginChain(
    string Chain,
    [Description("whether nobody can say what it holds now: its last state counts for maintenance, and for initial only what it owes")] bool Silent,
    [Description("of the observation, negative where it is dated in the future")] double AgeSeconds,
    double FinalityLagSeconds,
    [Description("the age that sets the initial haircut: not under zero nor under the finality lag")] double CountedAgeSeconds,
    [Description("of collateral and cash held")] double Value,
    [Description("null where there is no cap")] double? ValueCap,
    [Description("what of the value the cap lets count")] double Admitted,
    double InitialCapacity,
    double MaintenanceCapacity,
    double Debt,
    [Description("of this chain's legs alone, maintenance")] double Requirement,
    [Description("likewise, initial")] double InitialRequirement,
    double MarkToMarket,
    [Description("net initial margin of this chain alone")] double Im,
    [Description("net maintenance margin of this chain alone")] double Mm,
    [Description("net initial margin of all chains together if this one fell silent")] double ImIfSilent,
    IReadOnlyList<CrossMarginCollateral> Collaterals)
{
    public static CrossMarginChain Of(ChainMargin margin, ChainAccount account) => new(
        margin.Chain,
        margin.Silent,
        account.AgeSeconds,
        account.FinalityLagSeconds,
        margin.CountedAgeSeconds,
        margin.Value,
        margin.ValueCap,
        margin.Admitted,
        margin.InitialCapacity,
        margin.MaintenanceCapacity,
        margin.Debt,
        margin.Requirement,
        margin.InitialRequirement,
        margin.MarkToMarket,
        margin.InitialMargin,
        margin.MaintenanceMargin,
        margin.InitialIfSilent,
        [.. margin.Collaterals.Select(held => new CrossMarginCollateral(
            held.Asset, held.Value, held.Admitted, held.Capacity.InitialHaircut, held.Capacity.MaintenanceHaircut, held.Capacity.Initial, held.Capacity.Maintenance))]);
}

internal sealed record CrossMarginCollateral(
    string Asset,
    double Value,
    [Description("what the chain's cap lets count of the value")] double Admitted,
    [Description("a fraction, by the counted age")] double InitialHaircut,
    [Description("a fraction, by the finality lag")] double MaintenanceHaircut,
    [Description("what the admitted value counts for, initial, where the chain is not silent")] double Initial,
    double Maintenance);

[Description("where maintenance health crosses 1")]
internal sealed record CrossMarginDistance(
    [Description("all assets falling together, each by as many of its own daily standard deviations; multiplier and fraction are of the most volatile")]
    CrossMarginBarrier Down,
    [Description("likewise, rising")] CrossMarginBarrier Up,
    [Description("each asset alone")] IReadOnlyList<CrossMarginPrice> Assets,
    [Description("by sigma-days; null where no price searched changes anything")] CrossMarginNearest? Nearest,
    [Description("days")] double Horizon,
    [Description("probability of health under 1 at some time within the horizon: the largest over the joint move and each asset alone")] double BreachProbability)
{
    public static CrossMarginDistance Of(CrossChainDistance distance, double days) => new(
        CrossMarginBarrier.Of(distance.Down),
        CrossMarginBarrier.Of(distance.Up),
        [.. distance.Assets.Select(asset => new CrossMarginPrice(
            asset.Asset, asset.Price, asset.PriceDown, CrossMarginBarrier.Of(asset.Down), asset.PriceUp, CrossMarginBarrier.Of(asset.Up)))],
        distance.Nearest is { } nearest ? new CrossMarginNearest(nearest.Asset, nearest.Up, CrossMarginBarrier.Of(nearest.Barrier)) : null,
        days,
        distance.BreachProbability);

    public void Print()
    {
        Output.Table(
            ["price", "now", "down to", "down", "up to", "up"],
            Assets.Select(asset => new[]
            {
                asset.Asset, Display.Money(asset.Price), Money(asset.PriceDown), asset.Down.ToString(), Money(asset.PriceUp), asset.Up.ToString(),
            }).Append(["all together", "-", "-", Down.ToString(), "-", Up.ToString()]));
        Console.Out.WriteLine(Nearest is { } nearest
            ? $"nearest: {nearest.Asset ?? "all together"} {(nearest.Up ? "up" : "down")}, {nearest.Barrier}"
            : "no price searched changes anything");
        Console.Out.WriteLine($"probability of health under 1 within {Display.Figure(Horizon)} d: {Display.Figure(BreachProbability * 100)} %");
    }

    private static string Money(double? price) => price is { } value ? Display.Money(value) : "-";
}

internal sealed record CrossMarginPrice(
    string Asset,
    double Price,
    [Description("null where the barrier has none")] double? PriceDown,
    CrossMarginBarrier Down,
    [Description("null where the barrier has none")] double? PriceUp,
    CrossMarginBarrier Up);

internal sealed record CrossMarginNearest([Description("null where all move together")] string? Asset, bool Up, CrossMarginBarrier Barrier);

internal sealed record CrossMarginBarrier(
    BarrierStatus Status,
    [Description("of today's price; null where there is no such price")] double? Multiplier,
    [Description("multiplier - 1: a fraction of today's price")] double? Distance,
    [Description("log move in standard deviations of one day; null where there is no volatility")] double? SigmaDays)
{
    public static CrossMarginBarrier Of(LiquidationBarrier barrier) => new(barrier.Status, barrier.Multiplier, barrier.Distance, barrier.SigmaDays);

    public override string ToString()
    {
        var far = Distance is { } distance ? $"{Display.Percent(distance)}, {(SigmaDays is { } sigmas ? Display.Money(sigmas) : "-")} sigma-days" : "";
        return Status switch
        {
            BarrierStatus.LiquidatableAt => far,
            BarrierStatus.HealthyAgainAt => $"healthy again at {far}",
            BarrierStatus.AlwaysLiquidatable => "liquidatable at every price",
            BarrierStatus.NeverLiquidatable => "never",
            _ => throw new ArgumentOutOfRangeException(nameof(Status), Status, "No such status."),
        };
    }
}

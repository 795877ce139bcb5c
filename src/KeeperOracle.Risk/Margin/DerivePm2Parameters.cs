namespace KeeperOracle.Risk.Margin;

/// <summary>
/// Every parameter of `derive-pm2`. The defaults are those Derive's published test vectors of its PMRM_2 use (repository derivexyz/v2-core,
/// test/risk-managers/unit-tests/PMRM_2/portfolio_cases). Fractions, annual rates and years unless a name says otherwise.
/// </summary>
public sealed record DerivePm2Parameters
{
    public IReadOnlyList<Scenario> Scenarios { get; init; } = DefaultScenarios();

    public VolatilityParameters Volatility { get; init; } = new();

    public SkewParameters Skew { get; init; } = new();

    public LossParameters Loss { get; init; } = new();

    public BasisParameters Basis { get; init; } = new();

    public ContingencyParameters Contingency { get; init; } = new();

    /// <summary>Every value finite and in the range the formulas need; the first that is not is refused by name.</summary>
    public void Require()
    {
        NonNegative(Volatility.RangeUp, "Volatility.RangeUp");
        NonNegative(Volatility.RangeDown, "Volatility.RangeDown");
        NonNegative(Volatility.LeastShockedUp, "Volatility.LeastShockedUp");
        NonNegative(Volatility.FloorDays, "Volatility.FloorDays");
        ParameterRange.Require(Volatility.ShortTermPower, -10, 10, "Volatility.ShortTermPower");
        ParameterRange.Require(Volatility.LongTermPower, -10, 10, "Volatility.LongTermPower");
        Finite(Skew.LinearCap, "Skew.LinearCap");
        Finite(Skew.LinearCapSlope, "Skew.LinearCapSlope");
        Finite(Skew.AbsoluteCap, "Skew.AbsoluteCap");
        Finite(Skew.AbsoluteCapSlope, "Skew.AbsoluteCapSlope");
        NonNegative(Skew.LeastWidth, "Skew.LeastWidth");
        NonNegative(Skew.WidthScale, "Skew.WidthScale");
        Finite(Skew.WidthVolatility, "Skew.WidthVolatility");
        Finite(Skew.WidthVolatilitySlope, "Skew.WidthVolatilitySlope");
        NonNegative(Loss.InitialFactor, "Loss.InitialFactor");
        NonNegative(Loss.MaintenanceFactor, "Loss.MaintenanceFactor");
        NonNegative(Loss.LongDiscount, "Loss.LongDiscount");
        NonNegative(Loss.LongRateFactor, "Loss.LongRateFactor");
        NonNegative(Loss.LongRateAdd, "Loss.LongRateAdd");
        NonNegative(Loss.ShortDiscount, "Loss.ShortDiscount");
        NonNegative(Loss.ShortRateFactor, "Loss.ShortRateFactor");
        NonNegative(Loss.ShortRateAdd, "Loss.ShortRateAdd");
        ParameterRange.Require(Basis.SpotUp, 1e-9, 1e6, "Basis.SpotUp");
        ParameterRange.Require(Basis.SpotDown, 1e-9, 1e6, "Basis.SpotDown");
        NonNegative(Basis.AddFactor, "Basis.AddFactor");
        NonNegative(Basis.TimeFactor, "Basis.TimeFactor");
        NonNegative(Contingency.PegThreshold, "Contingency.PegThreshold");
        NonNegative(Contingency.PegFactor, "Contingency.PegFactor");
        NonNegative(Contingency.ConfidenceThreshold, "Contingency.ConfidenceThreshold");
        NonNegative(Contingency.ConfidenceMargin, "Contingency.ConfidenceMargin");
        NonNegative(Contingency.PerpMaintenance, "Contingency.PerpMaintenance");
        NonNegative(Contingency.PerpInitial, "Contingency.PerpInitial");
        NonNegative(Contingency.OptionMaintenance, "Contingency.OptionMaintenance");
        NonNegative(Contingency.OptionInitial, "Contingency.OptionInitial");
    }

    private static void NonNegative(double value, string name) => ParameterRange.Require(value, 0, 1e6, name);

    private static void Finite(double value, string name) => ParameterRange.Require(value, -1e6, 1e6, name);

    private static Scenario[] DefaultScenarios()
    {
        double[] inner = [1.135, 1.09, 1.045, 1, .955, .91, .865];
        return
        [
            new(1.18, VolatilityMove.Up),
            .. inner.SelectMany(spot => (Scenario[])
                [new(spot, VolatilityMove.Down), new(spot, VolatilityMove.None), new(spot, VolatilityMove.Up)]),
            new(.82, VolatilityMove.Up),
            new(.34, VolatilityMove.Up, .6 / 11),
            new(.67, VolatilityMove.Up, 1.2 / 11),
            new(1.5, VolatilityMove.Up, .072),
            new(2, VolatilityMove.Up, .036),
            new(3, VolatilityMove.Up, .018),
            new(4, VolatilityMove.Up, .012),
            new(1, VolatilityMove.LinearSkew),
            new(1, VolatilityMove.AbsoluteSkew),
        ];
    }

    /// <summary>up = 1 + RangeUp m, down = max(0, 1 - RangeDown m), m = (30 days / max(T, FloorDays))^power.</summary>
    /// <param name="LeastShockedUp">least volatility of an up scenario, annualised</param>
    /// <param name="ShortTermPower">up to 30 days; negative where volatility moves less the nearer an expiry</param>
    /// <param name="FloorDays">least time to expiry in m</param>
    public sealed record VolatilityParameters(
        double RangeUp = .5,
        double RangeDown = .275,
        double LeastShockedUp = .45,
        double ShortTermPower = .3,
        double LongTermPower = .13,
        double FloorDays = 1);

    /// <summary>cap = Cap + CapSlope sqrt(T); width k* = max(LeastWidth, WidthScale sqrt(T) (WidthVolatility + WidthVolatilitySlope
    /// sqrt(T))).</summary>
    public sealed record SkewParameters(
        double LinearCap = .15,
        double LinearCapSlope = -.05,
        double AbsoluteCap = .15,
        double AbsoluteCapSlope = -.05,
        double LeastWidth = .01,
        double WidthScale = 4,
        double WidthVolatility = .6,
        double WidthVolatilitySlope = -.1);

    /// <summary>Factors on the worst loss, and the static discount of an expiry's shocked value.</summary>
    /// <param name="LongDiscount">times exp(-T (r LongRateFactor + LongRateAdd)) where the value is positive</param>
    /// <param name="ShortDiscount">times exp(T (r ShortRateFactor + ShortRateAdd)), at most exp(r T), where it is negative</param>
    public sealed record LossParameters(
        double InitialFactor = 1,
        double MaintenanceFactor = .8,
        double LongDiscount = .95,
        double LongRateFactor = 1,
        double LongRateAdd = .08,
        double ShortDiscount = 1.04,
        double ShortRateFactor = .5,
        double ShortRateAdd = .08);

    /// <summary>The worse of two spot moves by expiry, with no offset between expiries, times AddFactor + TimeFactor T.</summary>
    public sealed record BasisParameters(double SpotUp = 1.045, double SpotDown = .955, double AddFactor = .5, double TimeFactor = 2);

    /// <summary>Everything that is a share of a notional.</summary>
    /// <param name="PegThreshold">stable price under which the initial factor grows by PegFactor times the gap</param>
    /// <param name="ConfidenceThreshold">oracle confidence under which (1 - confidence) x ConfidenceMargin x notional is added, initial
    /// only</param>
    /// <param name="PerpMaintenance">of |perp| x spot; the initial share comes on top</param>
    /// <param name="OptionMaintenance">of naked short options x spot; the initial share comes on top</param>
    public sealed record ContingencyParameters(
        double PegThreshold = .98,
        double PegFactor = 2,
        double ConfidenceThreshold = .55,
        double ConfidenceMargin = 1,
        double PerpMaintenance = .015,
        double PerpInitial = .005,
        double OptionMaintenance = .003,
        double OptionInitial = .002);
}

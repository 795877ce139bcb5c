using System.Globalization;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Host.Files;

/// <summary>
/// A test case of Derive's portfolio margin, in its own format: `Scenario` is the account and its feeds, `Parameters` the model's
/// parameters, `Result` what Derive expects, which is not read. What maps to what:
///
///   SpotPrice, SpotConfidence           the underlying; Cash, StablePrice, StableConfidence the portfolio
///   NumPerps, PerpPrice, PerpConfidence a perpetual leg and its market, where NumPerps is not zero; its unrealised P&amp;L is
///                                       UnrealisedPerpPNL + UnrealisedFunding
///   OptionFeeds                         expiries, named by FeedExpiry, the seconds left: Forward, Rate and the three confidences. In the
///                                       last 30 minutes Forward (1800 - seconds) / 1800 no longer moves with spot
///   Options                             legs: Expiry (seconds), Strike, IsCall, Amount, MarkVol. MarkDiscount is not read: the model makes
///                                       its own from the rate, which it floors at zero; nor are k, the skew multipliers and SVIparam,
///                                       out of which MarkVol was made
///   Collaterals                         Amount, Price, Confidence, IsRiskCancelling, IMHaircut (on top of the next), MMHaircut
///   Parameters                          each under its place in DerivePm2Parameters; absent ones keep their defaults
/// Keys that are not listed here are left alone, unless one looks like a slip of a listed one that is absent.
/// </summary>
internal static class DeriveCaseFile
{
    private const string UnderlyingName = "spot";

    private const double SettlementSeconds = 1800;

    private static readonly string[] Directions = ["None", "Up", "Down", "LINEAR", "ABS"];

    /// <summary>Whether a file is in this format rather than in ours.</summary>
    public static bool IsCase(JsonInput root) => root.Has("Scenario");

    public static DerivePm2Case Read(string file) => JsonInput.Read(file, Read);

    public static DerivePm2Case Read(JsonInput root)
    {
        var portfolio = root.Object("Scenario", ReadPortfolio);
        if (portfolio is null)
        {
            root.Refuse("MissingKey", "Scenario", "it is missing: a case of Derive holds Scenario and Parameters.");
        }

        var parameters = root.Object("Parameters", ReadParameters) ?? new DerivePm2Parameters();
        root.SkipRest();
        return new DerivePm2Case(portfolio ?? new Portfolio([], [], []), parameters);
    }

    private static Portfolio ReadPortfolio(JsonInput part)
    {
        var expiries = part.List("OptionFeeds", ReadExpiry);
        var options = part.List("Options", option => ReadOption(option, expiries));
        var amount = part.NumberOr("NumPerps", 0);
        var perp = amount == 0
            ? null
            : new PerpMarket(part.Number("PerpPrice", NumberRange.Positive), part.NumberOr("PerpConfidence", 1, NumberRange.Fraction));
        var gain = part.NumberOr("UnrealisedPerpPNL", 0) + part.NumberOr("UnrealisedFunding", 0);
        var underlying = new Underlying(
            UnderlyingName,
            part.Number("SpotPrice", NumberRange.Positive),
            0,
            expiries,
            perp,
            part.NumberOr("SpotConfidence", 1, NumberRange.Fraction));
        var portfolio = new Portfolio(
            [underlying],
            perp is null ? options : [.. options, new Leg(LegKind.Perp, UnderlyingName, null, 0, amount, null, gain)],
            part.List("Collaterals", ReadCollateral),
            Cash: part.NumberOr("Cash", 0),
            StablePrice: part.NumberOr("StablePrice", 1, NumberRange.Positive),
            StableConfidence: part.NumberOr("StableConfidence", 1, NumberRange.Fraction));
        part.SkipRest();
        return portfolio;
    }

    private static ExpiryMarket ReadExpiry(JsonInput part)
    {
        var seconds = part.Number("FeedExpiry", NumberRange.NotNegative);
        var forward = part.Number("Forward", NumberRange.Positive);
        var expiry = new ExpiryMarket(
            NameOf(seconds),
            seconds,
            forward,
            0,
            part.NumberOr("Rate", 0),
            forward * Math.Max(0, SettlementSeconds - seconds) / SettlementSeconds,
            part.NumberOr("ForwardConfidence", 1, NumberRange.Fraction),
            part.NumberOr("OptionVolConfidences", 1, NumberRange.Fraction),
            part.NumberOr("RateConfidence", 1, NumberRange.Fraction));
        part.SkipRest();
        return expiry;
    }

    private static Leg ReadOption(JsonInput part, IReadOnlyList<ExpiryMarket> expiries)
    {
        var expiry = NameOf(part.Number("Expiry", NumberRange.NotNegative));
        if (expiries.All(known => known.Name != expiry))
        {
            part.Refuse("UnknownExpiry", "Expiry", $"no entry of OptionFeeds has the FeedExpiry {expiry}: add it.");
        }

        var side = part.Number("IsCall");
        if (side is not (0 or 1))
        {
            part.Refuse("OutOfRange", "IsCall", "1 is a call and 0 a put.");
        }

        var leg = new Leg(
            side == 1 ? LegKind.Call : LegKind.Put,
            UnderlyingName,
            expiry,
            part.Number("Strike", NumberRange.Positive),
            part.Number("Amount"),
            part.Number("MarkVol", NumberRange.NotNegative));
        part.SkipRest();
        return leg;
    }

    private static Collateral ReadCollateral(JsonInput part)
    {
        var collateral = new Collateral(
            part.OptionalText("Name") ?? "",
            part.Number("Amount", NumberRange.NotNegative),
            part.Number("Price", NumberRange.NotNegative),
            InitialHaircut: part.Number("IMHaircut", NumberRange.Fraction),
            MaintenanceHaircut: part.Number("MMHaircut", NumberRange.Fraction),
            RiskCancelling: part.Flag("IsRiskCancelling", false),
            PriceConfidence: part.NumberOr("Confidence", 1, NumberRange.Fraction));
        part.SkipRest();
        return collateral;
    }

    private static DerivePm2Parameters ReadParameters(JsonInput part)
    {
        var scenarios = part.List("Scenarios", ReadScenario);
        if (part.Has("Scenarios") && scenarios.Count == 0)
        {
            part.Refuse("NoScenarios", "Scenarios", "the list is empty: give at least one, or leave the key out for the published ones.");
        }

        var usual = new DerivePm2Parameters();
        var parameters = new DerivePm2Parameters
        {
            Scenarios = scenarios.Count == 0 ? usual.Scenarios : scenarios,
            Volatility = part.Object("VolShock", ReadVolatility) ?? usual.Volatility,
            Skew = part.Object("SkewShock", ReadSkew) ?? usual.Skew,
            Loss = part.Object("Margin", ReadLoss) ?? usual.Loss,
            Basis = part.Object("BasisContingency", ReadBasis) ?? usual.Basis,
            Contingency = part.Object("OtherContingency", ReadContingency) ?? usual.Contingency,
        };
        part.SkipRest();
        return parameters;
    }

    private static Scenario ReadScenario(JsonInput part)
    {
        var direction = part.Choice("VolShockDirection", Directions) switch
        {
            "Up" => VolatilityMove.Up,
            "Down" => VolatilityMove.Down,
            "LINEAR" => VolatilityMove.LinearSkew,
            "ABS" => VolatilityMove.AbsoluteSkew,
            _ => VolatilityMove.None,
        };
        var scenario = new Scenario(
            part.Number("SpotShock", NumberRange.Positive), direction, part.NumberOr("DampeningFactor", 1, NumberRange.NotNegative));
        part.SkipRest();
        return scenario;
    }

    private static DerivePm2Parameters.VolatilityParameters ReadVolatility(JsonInput part)
    {
        var usual = new DerivePm2Parameters.VolatilityParameters();
        var read = new DerivePm2Parameters.VolatilityParameters(
            part.NumberOr("VOLRANGEUP", usual.RangeUp),
            part.NumberOr("VOLRANGEDOWN", usual.RangeDown),
            part.NumberOr("MIN_VOL_EVAL_SHOCKED", usual.LeastShockedUp),
            part.NumberOr("SHORTTERMPOWER", usual.ShortTermPower),
            part.NumberOr("LONGTERMPOWER", usual.LongTermPower),
            part.NumberOr("DTE_FLOOR", usual.FloorDays));
        part.SkipRest();
        return read;
    }

    private static DerivePm2Parameters.SkewParameters ReadSkew(JsonInput part)
    {
        var usual = new DerivePm2Parameters.SkewParameters();
        var read = new DerivePm2Parameters.SkewParameters(
            part.NumberOr("LINEAR_SCALE_CAP", usual.LinearCap),
            part.NumberOr("LINEAR_CBASE", usual.LinearCapSlope),
            part.NumberOr("ABS_SCALE_CAP", usual.AbsoluteCap),
            part.NumberOr("ABS_CBASE", usual.AbsoluteCapSlope),
            part.NumberOr("MIN_K_STAR", usual.LeastWidth),
            part.NumberOr("MIN_WIDTH_SCALE", usual.WidthScale),
            part.NumberOr("VOL_PARAM_STATIC", usual.WidthVolatility),
            part.NumberOr("VOL_PARAM_SCALE", usual.WidthVolatilitySlope));
        part.SkipRest();
        return read;
    }

    private static DerivePm2Parameters.LossParameters ReadLoss(JsonInput part)
    {
        var usual = new DerivePm2Parameters.LossParameters();
        var read = new DerivePm2Parameters.LossParameters(
            part.NumberOr("IM_LOSS_FACTOR", usual.InitialFactor),
            part.NumberOr("MM_LOSS_FACTOR", usual.MaintenanceFactor),
            part.NumberOr("BASE_STATIC_DISCOUNT", usual.LongDiscount),
            part.NumberOr("LONG_RATE_MULTSCALE", usual.LongRateFactor),
            part.NumberOr("LONG_RATE_ADDSCALE", usual.LongRateAdd),
            part.NumberOr("BASE_STATIC_DISCOUNT_NEG", usual.ShortDiscount),
            part.NumberOr("SHORT_RATE_MULTSCALE", usual.ShortRateFactor),
            part.NumberOr("SHORT_RATE_ADDSCALE", usual.ShortRateAdd));
        part.SkipRest();
        return read;
    }

    private static DerivePm2Parameters.BasisParameters ReadBasis(JsonInput part)
    {
        var usual = new DerivePm2Parameters.BasisParameters();
        var read = new DerivePm2Parameters.BasisParameters(
            part.NumberOr("SCENARIO_SPOT_UP", usual.SpotUp),
            part.NumberOr("SCENARIO_SPOT_DOWN", usual.SpotDown),
            part.NumberOr("BASIS_CONT_ADD_FACTOR", usual.AddFactor),
            part.NumberOr("BASIS_CONT_MULT_FACTOR", usual.TimeFactor));
        part.SkipRest();
        return read;
    }

    private static DerivePm2Parameters.ContingencyParameters ReadContingency(JsonInput part)
    {
        var usual = new DerivePm2Parameters.ContingencyParameters();
        var read = new DerivePm2Parameters.ContingencyParameters(
            part.NumberOr("PEG_LOSS_THRESHOLD", usual.PegThreshold),
            part.NumberOr("PEG_LOSS_FACTOR", usual.PegFactor),
            part.NumberOr("CONF_THRESHOLD", usual.ConfidenceThreshold),
            part.NumberOr("CONF_MARGIN", usual.ConfidenceMargin),
            part.NumberOr("MM_PERP_PERCENT", usual.PerpMaintenance),
            part.NumberOr("IM_PERP_PERCENT", usual.PerpInitial),
            part.NumberOr("MM_OPTION_PERCENT", usual.OptionMaintenance),
            part.NumberOr("IM_OPTION_PERCENT", usual.OptionInitial));
        part.SkipRest();
        return read;
    }

    private static string NameOf(double seconds) => seconds.ToString("R", CultureInfo.InvariantCulture);
}

using System.Globalization;
using System.Text.Json;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Margin;

/// <summary>The published cases of tests/vectors/derive-pm2.json: inputs with defaults and differences, and what Derive expects.</summary>
internal static class DerivePm2Vectors
{
    private static readonly JsonElement File =
        JsonDocument.Parse(System.IO.File.ReadAllBytes(RepositoryFiles.PathOf("tests", "vectors", "derive-pm2.json"))).RootElement;

    public static IEnumerable<string> Names => File.GetProperty("cases").EnumerateArray().Select(one => one.GetProperty("name").GetString()!);

    public static Expected Read(string name)
    {
        var one = File.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        var losses = one.TryGetProperty("losses", out var given) ? Numbers(given) : [];
        return new Expected(
            new DerivePm2Case(PortfolioOf(one), ParametersOf(one)),
            Number(one, "im"), Number(one, "mm"), one.TryGetProperty("basis", out var basis) ? basis.GetDouble() : null, Number(one, "optionValue"), Number(one, "oracle"),
            Numbers(one.GetProperty("worst")), losses);
    }

    private static Portfolio PortfolioOf(JsonElement one)
    {
        var perp = one.TryGetProperty("perp", out var given) ? Numbers(given) : null;
        var expiries = Rows(one, "feeds").Select(feed => new ExpiryMarket(
            feed[0].ToString(CultureInfo.InvariantCulture), feed[0], feed[1], 0, feed[3], feed[1] * Math.Max(0, 1800 - feed[0]) / 1800,
            feed[2], feed[5], feed[4]));
        var options = Rows(one, "options").Select(option => new Leg(
            option[2] == 1 ? LegKind.Call : LegKind.Put, "X", option[0].ToString(CultureInfo.InvariantCulture), option[1], option[3], option[4]));
        var perps = perp is null ? [] : new[] { new Leg(LegKind.Perp, "X", null, 0, perp[0], null, perp[3] + perp[4]) };
        var collaterals = Rows(one, "collaterals").Select((c, i) => new Collateral(
            $"asset {i}", c[0], c[1], InitialHaircut: c[4], MaintenanceHaircut: c[5], RiskCancelling: c[3] == 1, PriceConfidence: c[2]));
        return new Portfolio(
            [new Underlying("X", Number(one, "spot"), 0, [.. expiries], perp is null ? null : new PerpMarket(perp[1], perp[2]), Number(one, "spotConfidence"))],
            [.. options, .. perps],
            [.. collaterals],
            Cash: Number(one, "cash"),
            StablePrice: Number(one, "stable"));
    }

    private static DerivePm2Parameters ParametersOf(JsonElement one)
    {
        double P(string key) => one.TryGetProperty("parameters", out var own) && own.TryGetProperty(key, out var value)
            ? value.GetDouble()
            : File.GetProperty("defaults").GetProperty(key).GetDouble();
        JsonElement OwnOr(string key) => one.TryGetProperty(key, out var own) ? own : File.GetProperty(key);
        return new DerivePm2Parameters
        {
            Scenarios =
            [
                .. File.GetProperty("regular").EnumerateArray().Select(s => new Scenario(s[0].GetDouble(), Enum.Parse<VolatilityMove>(s[1].GetString()!))),
                .. OwnOr("tails").EnumerateArray().Select(s => new Scenario(s[0].GetDouble(), VolatilityMove.Up, s[1].GetDouble())),
                .. OwnOr("skews").EnumerateArray().Select(s => new Scenario(
                    s[0].GetDouble(),
                    s[1].GetString() == "ABS" ? VolatilityMove.AbsoluteSkew : VolatilityMove.LinearSkew,
                    s[2].GetDouble())),
            ],
            Volatility = new(
                P("VOLRANGEUP"), P("VOLRANGEDOWN"), P("MIN_VOL_EVAL_SHOCKED"), P("SHORTTERMPOWER"), P("LONGTERMPOWER"), P("DTE_FLOOR")),
            Skew = new(
                P("LINEAR_SCALE_CAP"), P("LINEAR_CBASE"), P("ABS_SCALE_CAP"), P("ABS_CBASE"), P("MIN_K_STAR"), P("MIN_WIDTH_SCALE"),
                P("VOL_PARAM_STATIC"), P("VOL_PARAM_SCALE")),
            Loss = new(
                P("IM_LOSS_FACTOR"), P("MM_LOSS_FACTOR"), P("BASE_STATIC_DISCOUNT"), P("LONG_RATE_MULTSCALE"), P("LONG_RATE_ADDSCALE"),
                P("BASE_STATIC_DISCOUNT_NEG"), P("SHORT_RATE_MULTSCALE"), P("SHORT_RATE_ADDSCALE")),
            Basis = new(P("SCENARIO_SPOT_UP"), P("SCENARIO_SPOT_DOWN"), P("BASIS_CONT_ADD_FACTOR"), P("BASIS_CONT_MULT_FACTOR")),
            Contingency = new(
                P("PEG_LOSS_THRESHOLD"), P("PEG_LOSS_FACTOR"), P("CONF_THRESHOLD"), P("CONF_MARGIN"), P("MM_PERP_PERCENT"), P("IM_PERP_PERCENT"),
                P("MM_OPTION_PERCENT"), P("IM_OPTION_PERCENT")),
        };
    }

    private static double Number(JsonElement one, string key) => one.GetProperty(key).GetDouble();

    private static double[] Numbers(JsonElement row) => [.. row.EnumerateArray().Select(number => number.GetDouble())];

    private static IEnumerable<double[]> Rows(JsonElement one, string key) => one.GetProperty(key).EnumerateArray().Select(Numbers);

    /// <summary>Worst: of the regular scenarios, the tails and the skews.</summary>
    internal sealed record Expected(
        DerivePm2Case Case, double Im, double Mm, double? Basis, double OptionValue, double Oracle, double[] Worst, double[] Losses);
}

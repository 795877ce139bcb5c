using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Host.Files;

/// <summary>
/// A portfolio as a JSON file. Everything may be left out but one of `legs` and `collaterals`:
///
///   asOf          ISO-8601; needed where an expiry is given as a time
///   underlyings   { name, spot, volatility, expiries, perp { price, confidence }, spotConfidence }
///     expiries    { name, one of expiry (a time), daysToExpiry, yearsToExpiry, secondsToExpiry; forward, impliedVolatility, rate, … }
///     in short    forwards { EXPIRY: number } and impliedVolatilities { EXPIRY: number } instead of expiries, or neither: then each
///                 expiry that legs name has the spot as its forward and the underlying's volatility
///   legs          { kind: call | put | perp, underlying, strike, expiry, amount, impliedVolatility, unrealisedPnl, chain }
///   collaterals   { asset, amount, price, factors { liquidationThreshold, borrowFactor, … }, volatility, chain, ageSeconds, … }
///   debt, cash, stablePrice, stableConfidence, parameters (the model's)
///
/// An expiry is a name. A name that is a time in ISO-8601 is also its time; `30d` is thirty days from now. Names are matched exactly.
/// </summary>
internal static class PortfolioFile
{
    private static readonly string[] Kinds = ["call", "put", "perp"];

    /// <summary>The portfolio, and the parameters as the model reads them. All problems of the file are refused together.</summary>
    /// <param name="volatilityNeeded">whether the model, with these parameters, sizes its scenarios by the applied volatility of each
    /// underlying</param>
    /// <param name="parameters">reads the `parameters` of the whole file; given null where the file has none</param>
    public static (Portfolio Portfolio, T Parameters) Read<T>(
        string file, Func<T, bool> volatilityNeeded, Func<JsonInput?, T> parameters) =>
        JsonInput.Read(file, root => Read(root, volatilityNeeded, parameters));

    /// <summary>The same of a file that is being read.</summary>
    public static (Portfolio Portfolio, T Parameters) Read<T>(
        JsonInput root, Func<T, bool> volatilityNeeded, Func<JsonInput?, T> parameters)
    {
        // The model's reader is asked in both cases: what it needs and does not find is refused with the rest.
        var given = root.Object("parameters", part => new Box<T>(parameters(part)));
        var own = given is null ? parameters(null) : given.Value;
        var asOf = Time(root, "asOf");
        var legs = root.List("legs", part => (Part: part, Leg: ReadLeg(part)));
        var underlyings = ReadUnderlyings(root, asOf, legs, volatilityNeeded(own));
        var portfolio = new Portfolio(
            underlyings,
            [.. legs.Select(read => Linked(read.Part, read.Leg, underlyings))],
            root.List("collaterals", ReadCollateral),
            root.NumberOr("debt", 0, NumberRange.NotNegative),
            root.NumberOr("cash", 0),
            root.NumberOr("stablePrice", 1, NumberRange.Positive),
            root.NumberOr("stableConfidence", 1, NumberRange.Fraction));
        if (portfolio.Legs.Count == 0 && portfolio.Collaterals.Count == 0)
        {
            root.Refuse("EmptyPortfolio", "", "it has neither legs nor collaterals: give at least one.");
        }

        return (portfolio, own);
    }

    private sealed record Box<T>(T Value);

    private static Leg ReadLeg(JsonInput part)
    {
        var kind = part.Choice("kind", Kinds) switch { "put" => LegKind.Put, "perp" => LegKind.Perp, _ => LegKind.Call };
        var perp = kind == LegKind.Perp;
        var leg = new Leg(
            kind,
            part.OptionalText("underlying") ?? "",
            part.OptionalText("expiry"),
            perp ? part.NumberOr("strike", 0) : part.Number("strike", NumberRange.Positive),
            part.Number("amount"),
            part.OptionalNumber("impliedVolatility", NumberRange.Positive),
            part.NumberOr("unrealisedPnl", 0),
            part.OptionalText("chain"));
        if (perp && (leg.Expiry is not null || leg.Strike != 0 || leg.ImpliedVolatility is not null))
        {
            part.Refuse("NotOfAPerp", "kind", "a perpetual has no expiry, strike or impliedVolatility: leave them out.");
        }

        if (!perp && leg.Expiry is null)
        {
            part.Refuse("MissingKey", "expiry", "it is missing: name an expiry of the underlying, or write a time or for example \"30d\".");
        }

        if (!perp && leg.UnrealisedPnl != 0)
        {
            part.Refuse("NotOfAnOption", "unrealisedPnl", "only a perpetual has it.");
        }

        return leg;
    }

    /// <summary>With its underlying, which may be left out where there is only one; refuses what does not exist.</summary>
    private static Leg Linked(JsonInput part, Leg leg, List<Underlying> underlyings)
    {
        var underlying = leg.Underlying.Length == 0 && underlyings.Count == 1
            ? underlyings[0]
            : underlyings.FirstOrDefault(known => known.Name == leg.Underlying);
        if (underlying is null)
        {
            var all = string.Join(", ", underlyings.Select(one => one.Name));
            var known = underlyings.Count == 0 ? "the file has none" : $"the file has {all}";
            part.Refuse(
                "UnknownUnderlying", "underlying", $"\"{leg.Underlying}\" is not among the underlyings; {known}. Add it with its spot.");
            return leg;
        }

        if (leg.Kind == LegKind.Perp && underlying.Perp is null)
        {
            part.Refuse("MissingPerpPrice", "underlying", $"{underlying.Name} has no perp: add \"perp\": {{ \"price\": … }} to it.");
        }

        if (leg.Expiry is not null && leg.Kind != LegKind.Perp && underlying.Expiries.All(known => known.Name != leg.Expiry))
        {
            var names = string.Join(", ", underlying.Expiries.Select(known => known.Name));
            part.Refuse(
                "UnknownExpiry",
                "expiry",
                $"\"{leg.Expiry}\" is not among the expiries of {underlying.Name} ({names}). Add it there.");
        }

        return leg with { Underlying = underlying.Name };
    }

    private static List<Underlying> ReadUnderlyings(
        JsonInput root, DateTimeOffset? asOf, IReadOnlyList<(JsonInput Part, Leg Leg)> legs, bool volatilityNeeded)
    {
        var parts = root.List("underlyings", part => (
            Part: part,
            Underlying: ReadUnderlying(part, part.OptionalText("name") ?? "", asOf, legs, volatilityNeeded)));
        foreach (var (part, underlying) in parts)
        {
            if (underlying.Name.Length == 0 && parts.Count > 1)
            {
                part.Refuse("MissingKey", "name", "it is missing: several underlyings are told apart by it.");
            }
            else if (parts.Count(other => other.Underlying.Name == underlying.Name) > 1)
            {
                part.Refuse("DuplicateName", "name", $"\"{underlying.Name}\" stands there more than once.");
            }
        }

        return [.. parts.Select(pair => pair.Underlying)];
    }

    private static Underlying ReadUnderlying(
        JsonInput part, string name, DateTimeOffset? asOf, IReadOnlyList<(JsonInput Part, Leg Leg)> legs, bool volatilityNeeded)
    {
        var spot = part.Number("spot", NumberRange.Positive);
        var volatility = volatilityNeeded
            ? part.Number("volatility", NumberRange.Positive)
            : part.NumberOr("volatility", 0, NumberRange.NotNegative);
        var clock = new ExpiryReader(asOf, spot, volatility);
        var listed = part.List("expiries", clock.Read);
        var forwards = part.Numbers("forwards", NumberRange.Positive);
        var volatilities = part.Numbers("impliedVolatilities", NumberRange.Positive);
        if (part.Has("expiries") && forwards.Count + volatilities.Count > 0)
        {
            part.Refuse("TwoForms", "expiries", "forwards and impliedVolatilities are the short form of it: give one of both.");
        }

        var own = legs.Where(pair => pair.Leg.Kind != LegKind.Perp && (pair.Leg.Underlying.Length == 0 || pair.Leg.Underlying == name));
        var expiries = part.Has("expiries")
            ? listed
            : clock.FromNames(part, own.Select(pair => (pair.Part, pair.Leg.Expiry)), forwards, volatilities);
        foreach (var twice in expiries.GroupBy(expiry => expiry.Name).Where(group => group.Count() > 1))
        {
            part.Refuse("DuplicateName", "expiries", $"\"{twice.Key}\" stands there more than once.");
        }

        return new Underlying(
            name,
            spot,
            volatility,
            [.. expiries.OrderBy(expiry => expiry.SecondsToExpiry)],
            part.Object("perp", ReadPerp),
            part.NumberOr("spotConfidence", 1, NumberRange.Fraction));
    }

    private static PerpMarket ReadPerp(JsonInput part) =>
        new(part.Number("price", NumberRange.Positive), part.NumberOr("confidence", 1, NumberRange.Fraction));

    private static Collateral ReadCollateral(JsonInput part)
    {
        var factors = part.Object("factors", read => new Factors(
            read.NumberOr("liquidationThreshold", 0, NumberRange.Fraction),
            read.NumberOr("borrowFactor", 0, NumberRange.Fraction),
            read.NumberOr("initialHaircut", 0, NumberRange.Fraction),
            read.NumberOr("maintenanceHaircut", 0, NumberRange.Fraction))) ?? new Factors(0, 0, 0, 0);
        return new Collateral(
            part.Text("asset"),
            part.Number("amount", NumberRange.NotNegative),
            part.Number("price", NumberRange.Positive),
            factors.LiquidationThreshold,
            factors.BorrowFactor,
            part.NumberOr("volatility", 0, NumberRange.NotNegative),
            part.OptionalText("chain"),
            part.NumberOr("ageSeconds", 0, NumberRange.NotNegative),
            factors.InitialHaircut,
            factors.MaintenanceHaircut,
            part.Flag("riskCancelling", false),
            part.NumberOr("priceConfidence", 1, NumberRange.Fraction));
    }

    private sealed record Factors(double LiquidationThreshold, double BorrowFactor, double InitialHaircut, double MaintenanceHaircut);

    private static DateTimeOffset? Time(JsonInput part, string key)
    {
        if (part.OptionalText(key) is not { Length: > 0 } text)
        {
            return null;
        }

        if (TimeText.TryParse(text, out var time))
        {
            return time;
        }

        part.Refuse("BadTimestamp", key, $"\"{text}\" is no time in ISO-8601: write for example {TimeText.Example}.");
        return null;
    }
}

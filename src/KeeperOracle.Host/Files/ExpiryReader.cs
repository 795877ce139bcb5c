using System.Globalization;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Host.Files;

/// <summary>
/// The expiries of one underlying of a portfolio file: when they are, and their forward (the spot where none is given) and implied
/// volatility (the underlying's where none is given).
/// </summary>
internal sealed class ExpiryReader(DateTimeOffset? asOf, double spot, double volatility)
{
    private static readonly (string Key, double Seconds)[] Spans =
        [("secondsToExpiry", 1), ("daysToExpiry", Conventions.SecondsPerDay), ("yearsToExpiry", Conventions.SecondsPerYear)];

    private static readonly (char Letter, double Seconds)[] Letters =
        [('s', 1), ('h', 3600), ('d', Conventions.SecondsPerDay), ('w', 7 * Conventions.SecondsPerDay), ('y', Conventions.SecondsPerYear)];

    /// <summary>One element of the list `expiries`.</summary>
    public ExpiryMarket Read(JsonInput part)
    {
        var time = part.OptionalText("expiry");
        var name = part.OptionalText("name") ?? time;
        var spans = Spans.Where(span => part.Has(span.Key)).ToArray();
        var given = Array.ConvertAll(Spans, span => part.OptionalNumber(span.Key, NumberRange.NotNegative) * span.Seconds);
        var seconds = Array.Find(given, value => value is not null);
        if (name is null)
        {
            part.Refuse("MissingKey", "name", "it is missing: legs name their expiry by it.");
        }
        else if (spans.Length + (time is null ? 0 : 1) > 1)
        {
            part.Refuse("TwoForms", spans[0].Key, "give one of expiry, daysToExpiry, yearsToExpiry and secondsToExpiry.");
        }
        else
        {
            seconds ??= FromText(part, time is null ? "name" : "expiry", time ?? name);
        }

        var forward = part.NumberOr("forward", spot, NumberRange.Positive);
        return new ExpiryMarket(
            name ?? "",
            seconds ?? 0,
            forward,
            ImpliedVolatility(part, "impliedVolatility", part.OptionalNumber("impliedVolatility", NumberRange.Positive)),
            part.NumberOr("rate", 0),
            part.NumberOr("fixedForward", 0, NumberRange.NotNegative),
            part.NumberOr("forwardConfidence", 1, NumberRange.Fraction),
            part.NumberOr("volatilityConfidence", 1, NumberRange.Fraction),
            part.NumberOr("rateConfidence", 1, NumberRange.Fraction));
    }

    /// <summary>Expiries that legs and the two short forms name, each once.</summary>
    public IReadOnlyList<ExpiryMarket> FromNames(
        JsonInput part,
        IEnumerable<(JsonInput Part, string? Expiry)> legs,
        IReadOnlyList<KeyValuePair<string, double>> forwards,
        IReadOnlyList<KeyValuePair<string, double>> volatilities)
    {
        var named = legs.Where(leg => leg.Expiry is { Length: > 0 }).Select(leg => (leg.Part, Key: "expiry", Name: leg.Expiry!))
            .Concat(forwards.Select(pair => (Part: part, Key: $"forwards.{pair.Key}", Name: pair.Key)))
            .Concat(volatilities.Select(pair => (Part: part, Key: $"impliedVolatilities.{pair.Key}", Name: pair.Key)));
        return
        [
            .. named.DistinctBy(place => place.Name).Select(place => new ExpiryMarket(
                place.Name,
                FromText(place.Part, place.Key, place.Name),
                Of(forwards, place.Name) ?? spot,
                ImpliedVolatility(part, "volatility", Of(volatilities, place.Name)))),
        ];
    }

    private static double? Of(IReadOnlyList<KeyValuePair<string, double>> pairs, string name) =>
        pairs.Where(pair => pair.Key == name).Select(pair => (double?)pair.Value).FirstOrDefault();

    private double ImpliedVolatility(JsonInput part, string key, double? given)
    {
        if (given is null && volatility <= 0)
        {
            part.Refuse(
                "MissingKey",
                key,
                "it is missing: legs of an expiry are valued at its implied volatility, or at the underlying's volatility.");
        }

        return given ?? volatility;
    }

    /// <summary>Seconds to a time in ISO-8601, or as in `30d`; zero after a refusal.</summary>
    private double FromText(JsonInput part, string key, string text)
    {
        if (TimeText.TryParse(text, out var time))
        {
            if (asOf is not { } now)
            {
                part.Refuse("MissingAsOf", key, $"\"{text}\" is a time: add \"asOf\" to the file, the time of the valuation.");
                return 0;
            }

            if (time < now)
            {
                part.Refuse("Expired", key, $"\"{text}\" is before asOf ({TimeText.Write(now)}): leave its legs out.");
                return 0;
            }

            return (time - now).TotalSeconds;
        }

        var unit = Array.Find(Letters, letter => letter.Letter == text[^1]);
        if (unit.Seconds > 0
            && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && double.IsFinite(count * unit.Seconds))
        {
            return count * unit.Seconds;
        }

        part.Refuse(
            "UnknownExpiry", key, $"\"{text}\" says no time: list it in the underlying's expiries with daysToExpiry, or write "
                + $"{TimeText.Example} or 30d.");
        return 0;
    }
}

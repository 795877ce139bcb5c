using System.CommandLine;
using System.CommandLine.Parsing;
using System.ComponentModel;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Pricing;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Host.Commands;

/// <summary>
/// `option price` and `option implied`: one European option, so that a single number can be held against another library.
/// </summary>
internal sealed class OptionCommand
{
    private const string Black = "black76";
    private const string Merton = "bsm";

    private readonly Option<string?> _model = FileCommand.Choice("--model", "black76 on a forward, bsm on a spot.", [Black, Merton], Black);

    private readonly Option<string?> _type = FileCommand.Choice("--type", "What the holder may do.", ["call", "put"], "call");

    private readonly Option<double?> _forward = new("--forward") { Description = "Of black76.", HelpName = "PRICE" };

    private readonly Option<double?> _spot = new("--spot") { Description = "Of bsm.", HelpName = "PRICE" };

    private readonly Option<double?> _strike = new("--strike") { HelpName = "PRICE", Description = "In the unit of the forward or spot." };

    private readonly Option<double?> _time = new("--time") { Description = "To expiry, in years of 365 days.", HelpName = "YEARS" };

    private readonly Option<double?> _days = new("--days") { Description = "To expiry, instead of --time.", HelpName = "DAYS" };

    private readonly Option<double?> _vol = new("--vol")
    {
        Description = "Volatility, a fraction a year: 0.6 is 60 %.",
        HelpName = "FRACTION",
    };

    private readonly Option<double> _rate = new("--rate")
    {
        Description = "Continuously compounded, a fraction a year.",
        HelpName = "FRACTION",
    };

    private readonly Option<double> _yield = new("--yield")
    {
        Description = "Of bsm: what holding the underlying earns, likewise.",
        HelpName = "FRACTION",
    };

    private readonly Option<double?> _price = new("--price") { Description = "Of the option today.", HelpName = "PRICE" };

    private OptionCommand()
    {
    }

    public static Command Build() => new("option", "European options.") { BuildPrice(), BuildImplied() };

    private static Command BuildPrice()
    {
        var own = new OptionCommand();
        return FileCommand.Build(
            "price",
            "Prices a European option and gives its Greeks.",
            [
                "option price --model bsm --type put --spot 42 --strike 40 --time 0.5 --vol 0.2 --rate 0.1",
                "option price --model black76 --forward 3000 --strike 3200 --days 30 --vol 0.6 -o json",
            ],
            [.. own.Contract, own._vol],
            result => own.Check(result) ?? (result.GetValue(own._vol) is null ? "--vol is needed, as a fraction: 0.6 is 60 %." : null),
            own.Price,
            Print);
    }

    private static Command BuildImplied()
    {
        var own = new OptionCommand();
        return FileCommand.Build(
            "implied",
            "Finds the volatility at which a European option has a price, or says why there is none.",
            [
                "option implied --model bsm --type put --spot 42 --strike 40 --time 0.5 --rate 0.1 --price 0.8086",
                "option implied --forward 3000 --strike 3200 --days 30 --price 130 -o json",
            ],
            [.. own.Contract, own._price],
            result => own.Check(result) ?? (result.GetValue(own._price) is null ? "--price is needed." : null),
            own.Implied,
            OptionImpliedResult.Print);
    }

    private IReadOnlyList<Option> Contract => [_model, _type, _forward, _spot, _strike, _time, _days, _rate, _yield];

    private string? Check(CommandResult result)
    {
        // A validator does not see defaults: what is not named is black76.
        var merton = result.GetValue(_model) == Merton;
        var (needed, other) = merton
            ? ("bsm needs --spot.", "--forward is of black76: leave it out, or name the other --model.")
            : ("black76 needs --forward (--model bsm takes --spot).", "--spot is of bsm: leave it out, or name the other --model.");
        return result.GetValue(merton ? _spot : _forward) is null ? needed
            : result.GetValue(merton ? _forward : _spot) is not null ? other
            : !merton && result.GetResult(_yield) is { Implicit: false } ? "--yield is of bsm: a forward holds it already."
            : result.GetValue(_strike) is null ? "--strike is needed."
            : result.GetValue(_time) is null == (result.GetValue(_days) is null) ? "One of --time (years) and --days is needed."
            : null;
    }

    private OptionPriceResult Price(ParseResult parsed, OutputFormat format)
    {
        var (model, kind, strike, years, rate) = Terms(parsed);
        var volatility = parsed.GetValue(_vol)!.Value;
        var value = model == Merton
            ? BlackScholesMerton.Value(kind, parsed.GetValue(_spot)!.Value, strike, years, volatility, rate, parsed.GetValue(_yield))
            : Black76.Value(kind, parsed.GetValue(_forward)!.Value, strike, years, volatility, rate);
        return OptionPriceResult.Of(model, kind, value);
    }

    /// <summary>Of bsm through its forward, S exp((r - q) T): the two models give one price.</summary>
    private OptionImpliedResult Implied(ParseResult parsed, OutputFormat format)
    {
        var (model, kind, strike, years, rate) = Terms(parsed);
        var forward = model == Merton
            ? parsed.GetValue(_spot)!.Value * Elementary.Exp((rate - parsed.GetValue(_yield)) * years)
            : parsed.GetValue(_forward)!.Value;
        return OptionImpliedResult.Of(
            model, kind, ImpliedVolatility.Of(kind, parsed.GetValue(_price)!.Value, forward, strike, years, rate));
    }

    private (string Model, OptionKind Kind, double Strike, double Years, double Rate) Terms(ParseResult parsed) => (
        parsed.GetValue(_model)!,
        parsed.GetValue(_type) == "put" ? OptionKind.Put : OptionKind.Call,
        parsed.GetValue(_strike)!.Value,
        parsed.GetValue(_time) ?? (parsed.GetValue(_days)!.Value / 365),
        parsed.GetValue(_rate));

    private static void Print(OptionPriceResult result)
    {
        Console.Out.WriteLine($"{result.Model}, {result.Type.ToString().ToLowerInvariant()}");
        Output.Table(
            ["", "value", "unit"],
            [
                ["price", Display.Figure(result.Price), "discounted"],
                ["delta", Display.Figure(result.Delta), "per unit of the forward or spot"],
                ["gamma", Display.Figure(result.Gamma), "of delta, per unit"],
                ["vega", Display.Figure(result.Vega), "per 1.00 of volatility"],
                ["theta", Display.Figure(result.Theta), "per year; a day is a 365th"],
                ["rho", Display.Figure(result.Rho), "per 1.00 of rate"],
                ["vanna", Display.Figure(result.Vanna), "of delta, per 1.00 of volatility"],
                ["volga", Display.Figure(result.Volga), "of vega, per 1.00 of volatility"],
                ["charm", Display.Figure(result.Charm), "of delta, per year"],
                ["speed", Display.Figure(result.Speed), "of gamma, per unit"],
            ]);
    }
}

[Description("Price of one European option and its derivatives; x is the forward in black76 and the spot in bsm")]
internal sealed record OptionPriceResult(
    string Model,
    OptionKind Type,
    [Description("today's value, discounted")] double Price,
    [Description("dV/dx")] double Delta,
    [Description("d2V/dx2")] double Gamma,
    [Description("dV/dsigma per 1.00 of volatility")] double Vega,
    [Description("dV/dt per year as calendar time passes")] double Theta,
    [Description("dV/dr per 1.00 of rate; in black76 the forward is held fixed")] double Rho,
    [Description("d2V/dx dsigma")] double Vanna,
    [Description("d2V/dsigma2")] double Volga,
    [Description("d2V/dx dt per year as calendar time passes")] double Charm,
    [Description("d3V/dx3")] double Speed)
{
    public static OptionPriceResult Of(string model, OptionKind kind, in OptionValue value) => new(
        model,
        kind,
        value.Price,
        value.Delta,
        value.Gamma,
        value.Vega,
        value.Theta,
        value.Rho,
        value.Vanna,
        value.Volga,
        value.Charm,
        value.Speed);
}

[Description("The volatility at which an option has its price")]
internal sealed record OptionImpliedResult(
    string Model,
    OptionKind Type,
    [Description("a fraction a year; null where no volatility, or more than one, gives the price")] double? ImpliedVolatility,
    ImpliedVolatilityStatus Status,
    [Description("why there is none")] string? Reason)
{
    public static OptionImpliedResult Of(string model, OptionKind kind, ImpliedVolatilityResult result) => new(
        model, kind, result.Status == ImpliedVolatilityStatus.Solved ? result.Volatility : null, result.Status, ReasonOf(result.Status));

    public static void Print(OptionImpliedResult result) => Console.Out.WriteLine(
        result.ImpliedVolatility is { } volatility
            ? $"implied volatility {Display.Figure(volatility)} a year"
            : $"no implied volatility: {result.Reason}");

    private static string? ReasonOf(ImpliedVolatilityStatus status) => status switch
    {
        ImpliedVolatilityStatus.Solved => null,
        ImpliedVolatilityStatus.AtIntrinsic => "the price is the intrinsic value: any volatility too small to be seen in it",
        ImpliedVolatilityStatus.UnderIntrinsic => "the price is under the discounted intrinsic value",
        ImpliedVolatilityStatus.OverBound => "a call at or over its discounted forward, or a put at or over its discounted strike",
        ImpliedVolatilityStatus.NotAttainable => "the price does not depend on volatility here, and it is another one",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "No such status."),
    };
}

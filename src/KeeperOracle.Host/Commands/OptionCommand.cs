using System.CommandLine;
using System.CommandLine.Parsing;
using System.ComponentModel;
using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Host.Commands;

/// <summary>`option price`: one European option with every Greek, so that a single number can be held against another library.</summary>
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

    private readonly Option<double?> _vol = new("--vol") { Description = "Volatility, a fraction a year: 0.6 is 60 %.", HelpName = "FRACTION" };

    private readonly Option<double> _rate = new("--rate") { Description = "Continuously compounded, a fraction a year.", HelpName = "FRACTION" };

    private readonly Option<double> _yield = new("--yield") { Description = "Of bsm: what holding the underlying earns, likewise.", HelpName = "FRACTION" };

    private OptionCommand()
    {
    }

    public static Command Build()
    {
        var own = new OptionCommand();
        var price = FileCommand.Build(
            "price",
            "Prices a European option and gives its Greeks.",
            [
                "option price --model bsm --type put --spot 42 --strike 40 --time 0.5 --vol 0.2 --rate 0.1",
                "option price --model black76 --forward 3000 --strike 3200 --days 30 --vol 0.6 -o json",
            ],
            [own._model, own._type, own._forward, own._spot, own._strike, own._time, own._days, own._vol, own._rate, own._yield],
            own.Check,
            own.Price,
            Print);
        return new Command("option", "European options.") { price };
    }

    private string? Check(CommandResult result)
    {
        // A validator does not see defaults: what is not named is black76.
        var merton = result.GetValue(_model) == Merton;
        return result.GetValue(merton ? _spot : _forward) is null ? $"{(merton ? "bsm needs --spot" : "black76 needs --forward (--model bsm takes --spot)")}."
            : result.GetValue(merton ? _forward : _spot) is not null ? $"--{(merton ? "forward is of black76" : "spot is of bsm")}: leave it out, or name the other --model."
            : !merton && result.GetResult(_yield) is { Implicit: false } ? "--yield is of bsm: a forward holds it already."
            : result.GetValue(_strike) is null ? "--strike is needed."
            : result.GetValue(_vol) is null ? "--vol is needed, as a fraction: 0.6 is 60 %."
            : result.GetValue(_time) is null == (result.GetValue(_days) is null) ? "One of --time (years) and --days is needed."
            : null;
    }

    private OptionPriceResult Price(ParseResult parsed, OutputFormat format)
    {
        var model = parsed.GetValue(_model)!;
        var kind = parsed.GetValue(_type) == "put" ? OptionKind.Put : OptionKind.Call;
        var (strike, volatility, rate) = (parsed.GetValue(_strike)!.Value, parsed.GetValue(_vol)!.Value, parsed.GetValue(_rate));
        var years = parsed.GetValue(_time) ?? (parsed.GetValue(_days)!.Value / 365);
        var value = model == Merton
            ? BlackScholesMerton.Value(kind, parsed.GetValue(_spot)!.Value, strike, years, volatility, rate, parsed.GetValue(_yield))
            : Black76.Value(kind, parsed.GetValue(_forward)!.Value, strike, years, volatility, rate);
        return new OptionPriceResult(
            model, kind, value.Price, value.Delta, value.Gamma, value.Vega, value.Theta, value.Rho, value.Vanna, value.Volga, value.Charm, value.Speed);
    }

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
    [Description("d3V/dx3")] double Speed);

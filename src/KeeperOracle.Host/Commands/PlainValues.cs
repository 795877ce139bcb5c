using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace KeeperOracle.Host.Commands;

/// <summary>
/// Numbers and formats on a command line are read as in files: a decimal point, no separators, whatever the machine's language. The
/// library's own parser takes `0,6` for 6, and answers what it cannot read with the names of types.
/// </summary>
internal static class PlainValues
{
    private delegate bool TryParse<T>(string text, out T value);

    /// <summary>Gives an option the parser of its type; options of text are left as they are.</summary>
    public static void Require(Option option)
    {
        switch (option)
        {
            case Option<double> one:
                one.CustomParser = result => One<double>(result, Number, NumberWanted);
                break;
            case Option<double?> one:
                one.CustomParser = result => One<double>(result, Number, NumberWanted);
                break;
            case Option<double[]> many:
                many.CustomParser = result => Many<double>(result, Number, NumberWanted);
                break;
            case Option<int> one:
                one.CustomParser = result => One<int>(result, Whole, WholeWanted);
                break;
            case Option<int?> one:
                one.CustomParser = result => One<int>(result, Whole, WholeWanted);
                break;
            case Option<int[]> many:
                many.CustomParser = result => Many<int>(result, Whole, WholeWanted);
                break;
            case Option<ulong> one:
                one.CustomParser = result => One<ulong>(result, Seed, "no whole number from 0 to 18446744073709551615");
                break;
            case Option<OutputFormat> one:
                one.CustomParser = result => One<OutputFormat>(result, Format, "no format: it is table, json or ndjson");
                break;
            default:
                break;
        }
    }

    private const string NumberWanted = "no finite number: write it with a decimal point and without separators, such as 0.6";

    private const string WholeWanted = "no whole number, or too large a one";

    private static T One<T>(ArgumentResult result, TryParse<T> parse, string wanted) =>
        Many(result, parse, wanted) is [.., var last] ? last : default!;

    private static T[] Many<T>(ArgumentResult result, TryParse<T> parse, string wanted)
    {
        var values = new List<T>();
        foreach (var token in result.Tokens)
        {
            if (!parse(token.Value, out var value))
            {
                var option = result.Parent is OptionResult parent ? parent.Option.Name : result.Argument.Name;
                result.AddError($"{option} '{token.Value}' is {wanted}.");
                return [];
            }

            values.Add(value);
        }

        return [.. values];
    }

    private static bool Number(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    private static bool Whole(string text, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private static bool Seed(string text, out ulong value) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static bool Format(string text, out OutputFormat value) =>
        Enum.TryParse(text, ignoreCase: true, out value) && text.All(char.IsAsciiLetter) && Enum.IsDefined(value);
}

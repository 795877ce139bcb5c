using KeeperOracle.Host.Commands;

namespace KeeperOracle.Tests.Host.Commands;

/// <summary>What stands on a command line is read as in files, and what cannot be read is refused in words of ours.</summary>
public sealed class PlainValuesTests
{
    private const string Priced = "option price --forward 100 --strike 100 --time 1 ";

    [Theory]
    [InlineData(Priced + "--vol 0,6", "--vol '0,6' is no finite number")]
    [InlineData(Priced + "--vol 1,000", "--vol '1,000' is no finite number")]
    [InlineData(Priced + "--vol inf", "--vol 'inf' is no finite number")]
    [InlineData(Priced + "--vol 0.6 --rate 9%", "--rate '9%' is no finite number")]
    [InlineData(Priced + "--vol 0.6 -o xml", "--output 'xml' is no format")]
    [InlineData(Priced + "--vol 0.6 -o 1", "--output '1' is no format")]
    [InlineData("risk var --returns x --level 0,99", "--level '0,99' is no finite number")]
    [InlineData("risk var --returns x --seed -1", "--seed '-1' is no whole number")]
    [InlineData("risk var --returns x --paths 1e5", "--paths '1e5' is no whole number")]
    [InlineData("vol fit --returns x --horizons 1,5", "--horizons '1,5' is no whole number")]
    public void Parse_ValueOfAnotherForm_IsRefusedUnderItsOption(string line, string expected)
    {
        var errors = RootCommandTree.Build().Parse(line.Split(' ')).Errors;

        Assert.StartsWith(expected, Assert.Single(errors).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", errors[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Priced + "--vol 6e-1 --rate -.01 -o JSON")]
    [InlineData("risk var --returns x --level 0.9 0.95 --seed 18446744073709551615")]
    [InlineData("vol fit --returns x --horizons 1 5")]
    public void Parse_PlainNumbersAndNames_AreTaken(string line) => Assert.Empty(RootCommandTree.Build().Parse(line.Split(' ')).Errors);
}

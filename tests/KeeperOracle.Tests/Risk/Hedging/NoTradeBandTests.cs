using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Hedging;

namespace KeeperOracle.Tests.Risk.Hedging;

public sealed class NoTradeBandTests
{
    [Theory]
    [InlineData(double.NaN, 1, 1, 1, 1)]
    [InlineData(1, 0, 1, 1, 1)]
    [InlineData(1, 1, -1, 1, 1)]
    [InlineData(1, 1, 1, 0, 1)]
    [InlineData(1, 1, 1, 1, 0)]
    [InlineData(1e200, 1, 1, 1, 1)]
    public void HalfWidth_InputOutsideItsRange_Refused(double gamma, double spot, double cost, double aversion, double discount) =>
        Assert.Equal(
            "BandInputOutOfRange",
            Assert.Throws<RiskInputException>(() => NoTradeBand.HalfWidth(gamma, spot, cost, aversion, discount)).Refusal);

    [Theory]
    [InlineData(0, 3000, .001, .0001, 1, 0)] // no gamma, no band
    [InlineData(-.02, 3000, .001, .0001, 1, 2.6207413942088964)] // 18^(1/3): gamma enters squared
    [InlineData(.02, 3000, .001, .0001, 1, 2.6207413942088964)]
    [InlineData(.02, 3000, .001, .0001, .125, 1.3103706971044482)] // an eighth of the discount is half the width
    [InlineData(.04, 3000, .001, .0001, 1, 4.1601676461038080)] // twice the gamma, 4^(1/3) times the width
    public void HalfWidth_KnownBooks_GivesTheFormula(
        double gamma, double spot, double cost, double aversion, double discount, double expected) =>
        Assert.Equal(expected, NoTradeBand.HalfWidth(gamma, spot, cost, aversion, discount), 14);

    [Fact]
    public void HalfWidth_Random_CubedIsWhatItIsTheRootOf() =>
        Gen.Select(Gen.Double[-300, 200], Gen.Double[-8, 8]).Sample((exponent, gamma) =>
    {
        var spot = Math.Pow(10, exponent);
        if (gamma * gamma * spot < 1e-290) // what underflows has no band to speak of
        {
            return;
        }

        var width = NoTradeBand.HalfWidth(gamma, spot, 2.0 / 3, 1);

        Assert.InRange(width / gamma * (width / gamma) * width / spot, 1 - 2e-15, 1 + 2e-15);
    });
}

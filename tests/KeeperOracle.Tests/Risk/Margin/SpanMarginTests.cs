using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Margin;

namespace KeeperOracle.Tests.Risk.Margin;

public sealed class SpanMarginTests
{
    [Theory]
    [InlineData(.5, 2)]
    [InlineData(.3, 4)]
    [InlineData(double.NaN, 2)]
    public void Assess_ExtremeMoveToZeroOrNoRange_IsRefused(double range, double multiple)
    {
        var parameters = new SpanParameters(FixedRange: range, ExtremeMultiple: multiple);

        Assert.Equal(
            "ParameterOutOfRange", Assert.Throws<RiskInputException>(() => SpanMargin.Assess(Books.OfCheck(Books.Perp(1)), parameters)).Refusal);
    }

    [Fact]
    public void Assess_Perpetual_LosesTheRangeOrTheShareOfTheExtremeMove()
    {
        var margin = SpanMargin.Assess(Books.OfCheck(Books.Perp(-2, 50)) with { Cash = 1000 }, new SpanParameters(FixedRange: .15));

        Assert.Equal(16, margin.Underlyings[0].Gains.Count);
        Assert.Equal(2 * 3000 * .15, margin.Requirement, 1e-9); // 2 x .15 x 35 % is less
        Assert.Equal("spot +15 %, volatility up", margin.Underlyings[0].WorstScenario);
        Assert.Equal(1000 + 50 - margin.Requirement, margin.Margin, 1e-9);
        var steep = SpanMargin.Assess(Books.OfCheck(Books.Perp(-2)), new SpanParameters(FixedRange: .15, ExtremeShare: .6));
        Assert.Equal(2 * 3000 * .30 * .6, steep.Requirement, 1e-9);
        Assert.Equal("spot +30 %, volatility unchanged, x 0.6", steep.Underlyings[0].WorstScenario);
    }

    [Fact]
    public void Assess_LongOption_LosesAtMostItsValue()
    {
        var margin = SpanMargin.Assess(Books.OfCheck(Books.Call(3000, 1)));

        Assert.InRange(margin.Requirement, 0, margin.MarkToMarket);
        Assert.Equal("spot -16.3367 %, volatility down", margin.Underlyings[0].WorstScenario);
    }

    [Fact]
    public void Assess_AnyPortfolio_GivesFiniteFiguresAndGrowsWithTheBook() =>
        Gen.Select(Books.Any, Gen.Double[1, 50]).Sample(
            (book, k) =>
            {
                var margin = SpanMargin.Assess(book);
                var larger = SpanMargin.Assess(book with { Legs = [.. book.Legs.Select(leg => leg with { Amount = k * leg.Amount })] });
                return double.IsFinite(margin.Margin) && margin.Requirement >= 0 && larger.Requirement >= margin.Requirement * (1 - 1e-12);
            },
            iter: 300);
}

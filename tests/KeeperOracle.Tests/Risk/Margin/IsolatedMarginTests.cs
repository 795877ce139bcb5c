using CsCheck;
using KeeperOracle.Risk.Margin;

namespace KeeperOracle.Tests.Risk.Margin;

public sealed class IsolatedMarginTests
{
    [Fact]
    public void Compare_SingleLeg_IsTheSameBothWays() =>
        Books.Any.Sample(
            book =>
            {
                var single = book with { Legs = [book.Legs[0]] };
                var comparison = IsolatedMargin.Compare(single);
                return Math.Abs(comparison.Offset) <= 1e-9 * (1 + comparison.Isolated)
                    && Math.Abs(comparison.InitialIsolated - comparison.InitialPortfolio) <= 1e-9 * (1 + comparison.InitialIsolated);
            },
            iter: 150);

    [Fact]
    public void Compare_Hedge_IsRecognised()
    {
        var comparison = IsolatedMargin.Compare(Books.OfCheck(Books.Put(3000, -1), Books.Put(2700, 1)));

        Assert.Equal(0, comparison.Legs[1]); // a long option needs nothing beyond its value
        Assert.InRange(comparison.Portfolio, 0, .4 * comparison.Isolated);
    }

    [Fact]
    public void Compare_AnyPortfolio_NeverNeedsMoreThanTheSumOfItsLegs() =>
        Books.Any.Sample(
            book =>
            {
                var comparison = IsolatedMargin.Compare(book);
                return comparison.Portfolio <= comparison.Isolated * (1 + 1e-12) + 1e-9
                    && comparison.InitialPortfolio <= comparison.InitialIsolated * (1 + 1e-12) + 1e-9
                    && Math.Abs(comparison.Isolated - comparison.Legs.Sum()) < 1e-9;
            },
            iter: 400);

    [Fact]
    public void Compare_Static_DoesNotFollowVolatility()
    {
        var book = Books.OfCheck(Books.Call(3600, -1));
        var wild = book with { Underlyings = [book.Underlyings[0] with { Volatility = 3 }] };

        Assert.Equal(
            IsolatedMargin.Compare(book, ScaledParameters.Static()).Isolated, IsolatedMargin.Compare(wild, ScaledParameters.Static()).Isolated);
        Assert.InRange(IsolatedMargin.Compare(wild).Isolated, IsolatedMargin.Compare(book).Isolated + 1, double.MaxValue);
    }
}

using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Margin;

public sealed class MarginBookTests
{
    private static readonly ScaledParameters Usual = new();

    [Fact]
    public void Set_ValuesThatAreNone_AreRefusedAndChangeNothing()
    {
        var book = new MarginBook(Books.OfCheck(Books.Put(3000, -1), Books.Perp(1)) with { Collaterals = [new Collateral("USD", 1, 1, 1, 1)] }, Usual);
        var before = book.Figures;

        Refused("NotFinite", () => book.SetAmount(0, double.NaN));
        Refused("OutOfRange", () => book.SetAmount(0, 1e16));
        Refused("OutOfRange", () => book.SetSpot(0, 0, 1));
        Refused("OutOfRange", () => book.SetSpot(0, 1, -1));
        Refused("NotFinite", () => book.SetSpot(0, double.PositiveInfinity, 1));
        Refused("OutOfRange", () => book.SetVolatility(0, -1));
        Refused("NotFinite", () => book.SetVolatility(0, double.NaN));
        Refused("OutOfRange", () => book.SetExpiry(0, 0, new ExpiryMarket("30d", -1, 3000, .6)));
        Refused("OutOfRange", () => book.SetCollateral(0, new Collateral("USD", -1, 1)));
        Assert.Equal(before, book.Figures);
    }

    /// <summary>Any sequence of changes leaves the same bits as an assessment of the changed portfolio from nothing.</summary>
    [Fact]
    public void Set_AnySequenceOfChanges_GivesTheBitsOfAFullAssessment() =>
        Gen.Select(Books.Any, Books.Any, Gen.Int[0, 5].Array[1, 8], Gen.Int[0, 1000].Array[8]).Sample(
            (start, donor, changes, places) =>
            {
                var (now, book) = (start, new MarginBook(start, Usual));
                foreach (var (i, change) in changes.Index())
                {
                    now = Change(now, book, donor, change, places[i]);
                }

                var whole = new MarginBook(now, Usual);
                return book.Figures == whole.Figures
                    && Enumerable.Range(0, now.Underlyings.Count).All(u => book.RiskOf(u) == whole.RiskOf(u) && book.RangeOf(u) == whole.RangeOf(u));
            },
            iter: 300);

    [Fact]
    public void Set_AmountAndPrices_AllocateNothing()
    {
        var book = new MarginBook(Books.OfCheck(Books.Put(3000, -1), Books.Call(3500, -1), Books.Perp(1)), Usual);
        double Work(int times)
        {
            var sum = 0.0;
            for (var i = 0; i < times; i++)
            {
                book.SetAmount(i % 3, -1 - (.01 * (i % 7)));
                book.SetSpot(0, 3000 + i, 3001 + i);
                book.SetExpiry(0, 0, Expiry);
                sum += book.Figures.Requirement;
            }

            return sum;
        }

        Work(100); // compiles
        var before = GC.GetAllocatedBytesForCurrentThread();
        Work(100);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static readonly ExpiryMarket Expiry = new("30d", Books.Month, 3010, .62);

    private static Portfolio Change(Portfolio now, MarginBook book, Portfolio donor, int change, int place)
    {
        var (u, leg) = (place % now.Underlyings.Count, place % now.Legs.Count);
        var market = donor.Underlyings[0];
        Portfolio With(Underlying changed) => now with { Underlyings = [.. now.Underlyings.Select((one, i) => i == u ? changed : one)] };
        switch (change)
        {
            case 0:
                var amount = donor.Legs[0].Amount;
                book.SetAmount(leg, amount);
                return now with { Legs = [.. now.Legs.Select((one, i) => i == leg ? one with { Amount = amount } : one)] };
            case 1:
                book.SetSpot(u, market.Spot, market.Perp!.Price);
                return With(now.Underlyings[u] with { Spot = market.Spot, Perp = market.Perp });
            case 2:
                var e = place % 3;
                var expiry = market.Expiries[e];
                book.SetExpiry(u, e, expiry);
                return With(now.Underlyings[u] with { Expiries = [.. now.Underlyings[u].Expiries.Select((one, i) => i == e ? expiry : one)] });
            case 3:
                book.SetVolatility(u, market.Volatility);
                return With(now.Underlyings[u] with { Volatility = market.Volatility });
            case 4 when now.Collaterals.Count > 0 && donor.Collaterals.Count > 0:
                book.SetCollateral(0, donor.Collaterals[0]);
                return now with { Collaterals = [donor.Collaterals[0], .. now.Collaterals.Skip(1)] };
            default:
                (book.Debt, book.Cash) = (donor.Debt, donor.Cash);
                return now with { Debt = donor.Debt, Cash = donor.Cash };
        }
    }

    private static void Refused(string refusal, Action change) => Assert.Equal(refusal, Assert.Throws<RiskInputException>(change).Refusal);
}

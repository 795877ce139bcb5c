using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Demo;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>
/// Mango Markets, 11 October 2022: MNGO, a thin market, was bought up from 0.0382 to 0.91 within half an hour on every venue that its oracle read, and USD 116m
/// were borrowed against what that made the attacker's position worth; afterwards it stood at 0.02 (CFTC v. Eisenberg, complaint of 9 January 2023, and
/// the exchange's own account of that day).
/// All feeds tell the truth here: what helps is that a cap follows the depth of the market, and that a price beyond belief is none.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class MangoTests(ProtocolWorld world, ITestOutputHelper output) : IncidentReplay(world, output)
{
    private const double Before = 0.0382;
    private const double After = 0.02;
    private const double Believable = 10 * Before;
    private const double Bought = 483_000_000;

    private static readonly double[] Path = [0.0382, 0.07, 0.15, 0.30, 0.38, 0.60, 0.91];

    private DemoAsset _mango = null!;

    /// <summary>
    /// The cap is chosen so that at the last price that is believed about .1 % of the book's debt may be lent against all of it: some USD 400 of USD 0.4m.
    /// </summary>
    [Fact]
    public async Task Mango_ThinMarketIsBoughtUp24Times_TheCapBoundsWhatIsLent()
    {
        await PrepareAsync(cap: 10_000, most: Believable);
        await using var keeper = await AttendedKeeper.StartAsync(World);
        var account = Id(Attacker, 0);
        Assert.StartsWith("CollateralCapExceeded(", await OverCapAsync(), StringComparison.Ordinal);
        await AddAsync(Attacker, account, _mango, 10_000);
        var lent = 0.0;
        foreach (var price in Path)
        {
            await AnswerAsync(price);
            var room = await RoomAsync(account);
            if (room > Stable(lent + 1) && room >= Stable(100))
            {
                await BorrowAsync(account, Attacker, room - Stable(lent) - 10_000);
                lent = (double)(await AskAsync(Vault, new MarginVault.PositionFunction(account))).Debt / 1e6;
            }

            Assert.True(price < Believable || room.IsZero, $"{room} may be lent at {price}");
        }

        await AnswerAsync(After);
        await keeper.QuietAsync();
        await keeper.StopAsync();
        Assert.True(lent > 100, "nothing was lent at all: the replay shows nothing");
        var judged = await JudgeAsync();
        judged.AssertHolds();
    }

    [Fact]
    public async Task Mango_NoCapAndEveryPriceBelieved_ControlLosesMoreThanTheBook()
    {
        await PrepareAsync(cap: 1_000_000_000, most: 1000);
        await AddAsync(Attacker, Id(Attacker, 0), _mango, Bought);
        foreach (var price in Path)
        {
            await AnswerAsync(price);
        }

        // All that lenders have.
        var cash = await AskAsync(Vault, new MarginVault.CashFunction());
        await BorrowAsync(Id(Attacker, 0), Attacker, cash);
        await AnswerAsync(After);
        var judged = await JudgeAsync();
        Assert.True(judged.BadShare > 1, judged.ToString());
    }

    private async Task PrepareAsync(double cap, double most)
    {
        await World.ResetAsync();
        _mango = await Listing.ListAsync("MNGO", new ListingTerms(Before, Before / 100, most, Volatility: 4, Slippage: 0.3, cap));
        await NewCrowd().OpenAsync(first: 0, 10, weth: 20, appetite: 0.5, CancellationToken.None);
        await BeginAsync();
    }

    private async Task AnswerAsync(double price)
    {
        foreach (var feed in _mango.Feeds)
        {
            await World.PushFeedAsync(feed, _mango.Answer(price));
        }
    }

    private async Task<string> OverCapAsync()
    {
        await SendAsync(Attacker, _mango.Token, new MockToken.MintFunction(Attacker, _mango.Units(Bought)));
        await SendAsync(Attacker, _mango.Token, new MockToken.ApproveFunction(Vault, _mango.Units(Bought)));
        return await RefusedAsync(Attacker, Vault, new MarginVault.AddCollateralFunction(Id(Attacker, 0), _mango.Token, _mango.Units(Bought)));
    }
}

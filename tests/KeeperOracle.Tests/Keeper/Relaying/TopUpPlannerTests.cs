using System.Numerics;
using KeeperOracle.Keeper.Relaying;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Tests.Keeper.Relaying;

/// <summary>What a relay adds to a lien for its owner: each "no" by its name, and the least amount, whatever is on the way.</summary>
public sealed class TopUpPlannerTests
{
    private const ulong Now = 1_000_000;
    private static readonly ChainId A = new(31337);
    private static readonly ChainId B = new(31338);
    private static readonly Hash32 Account = Hash32.FromHex("0x" + new string('5', 64));
    private static readonly BigInteger Ether = BigInteger.Pow(10, 18);
    private static readonly LienWorth Weth = new(new Price(Of(3_000m)), 18, Of(0.7m), Of(0.6m), 900);
    private static readonly LienWorth Usdt = new(new Price(Wad.One), 6, Of(0.9m), Of(0.25m), 900);
    private static readonly RelaySettings Settings = new(3600);

    private static readonly LienTopUp Mandate = new(
        Of(1.05m), Of(1.1m), Now + 5_000, 5 * Ether, 4 * Ether, 3 * Ether, 1_000 * Ether, new AccountOnHub(Weth.Of(10 * Ether), Weth.Of(10 * Ether).DivideDown(Of(1.02m)), ""), "");

    /// <summary>Counted whole, under its trigger: health 1.02.</summary>
    private static readonly LinkedLien Low = Lien(1, 10 * Ether) with { TopUp = Mandate, Worth = Weth };

    [Fact]
    public void Plan_WithoutAMandate_MovesNothing()
    {
        var plan = Plan(Low with { TopUp = null });
        Assert.Empty(plan.Steps);
        Assert.Empty(plan.Waits);
    }

    [Fact]
    public void Plan_HealthUnderTheTrigger_AddsTheLeastThatRestoresTheTargetUnderItsPlaceInLine()
    {
        var step = Assert.IsType<TopUpLien>(Assert.Single(Plan(Low).Steps));

        Assert.Equal((A, "relay/31337-31338/1/0/topup-10000000000000000000", 1UL, Now + 900), (step.On, step.Purpose, step.Lien, step.Deadline));
        Assert.True(HealthWith(step.Amount) >= Mandate.TargetHealth);
        Assert.True(HealthWith(step.Amount - 1) < Mandate.TargetHealth);
        Assert.Equal(Now + 5, Assert.IsType<TopUpLien>(Assert.Single(Plan(Give(topUp => topUp with { Expiry = Now + 5 })).Steps)).Deadline);
    }

    [Fact]
    public void Plan_HealthAtTheTrigger_MovesNothingAndJustUnderItDoes()
    {
        var health = AccountHealth.Health(Mandate.Account.Capacity, Mandate.Account.Owed)!.Value;
        Assert.Empty(Plan(Give(topUp => topUp with { TriggerHealth = health })).Steps);
        Assert.Empty(Plan(Give(topUp => topUp with { TriggerHealth = health })).Waits);
        Assert.Single(Plan(Give(topUp => topUp with { TriggerHealth = new Wad(health.Raw + 1) })).Steps);
        Assert.Empty(Plan(Give(topUp => topUp with { Account = topUp.Account with { Owed = Wad.Zero } })).Steps);
    }

    [Fact]
    public void Plan_PastItsExpiry_Waits()
    {
        Assert.Single(Plan(Give(topUp => topUp with { Expiry = Now })).Steps);
        AssertWaits(RelayWaitCode.TopUpExpired, Give(topUp => topUp with { Expiry = Now - 1 }));
    }

    /// <summary>A silent chain moves nobody's tokens, whatever its last block says.</summary>
    [Fact]
    public void Plan_TheHubIsSilent_Waits()
    {
        Assert.Single(Plan(Link(Low) with { HubTime = Now - 900 }).Steps);
        var plan = Plan(Link(Low) with { HubTime = Now - 901 });
        Assert.Empty(plan.Steps);
        Assert.Equal(RelayWaitCode.TopUpHubSilent, Assert.Single(plan.Waits).Code);
        Assert.Single(Plan(Link(Low) with { VaultTime = Now - 10_000 }).Steps); // a vault behind the hub finds its top-up under way, or not at all
    }

    [Fact]
    public void Plan_HealthUnknown_Waits()
    {
        AssertWaits(RelayWaitCode.TopUpHealthUnknown, Give(topUp => topUp with { Account = topUp.Account with { Problem = "no requirement" } }));
        AssertWaits(RelayWaitCode.TopUpHealthUnknown, Low with { Worth = Weth with { Price = new Price(Wad.Zero) } });
        AssertWaits(RelayWaitCode.TopUpHealthUnknown, Low with { Worth = null });
        AssertWaits(RelayWaitCode.TopUpHealthUnknown, Low, Lien(2, 5) with { Worth = null }); // another lien of the account
    }

    [Fact]
    public void Plan_TheHubDoesNotCountIt_Waits()
    {
        AssertWaits(RelayWaitCode.TopUpNotAttached, Low with { OnHub = null });
        AssertWaits(RelayWaitCode.TopUpNotAttached, Low with { OnHub = Low.OnHub! with { IsAttached = false } });
        AssertWaits(RelayWaitCode.TopUpNotAdmitted, Low with { OnHub = Low.OnHub! with { Proven = 11 * Ether } });
        Assert.Single(Plan(Low with { OnHub = Low.OnHub! with { Proven = 11 * Ether, Pending = Ether } }).Steps); // an order takes it
    }

    [Fact]
    public void Plan_OneWasSent_WaitsForItWhicheverLienOfTheAccountItIsOf()
    {
        AssertWaits(RelayWaitCode.TopUpUnderWay, Give(topUp => topUp with { UnderWay = "relay/31337-31338/1/0/topup-9" }));
        AssertWaits(RelayWaitCode.TopUpUnderWay, Low, Lien(2, 0) with { Worth = Weth, TopUp = Mandate with { UnderWay = "relay/31337-31338/2/0/topup-9" } });
        var both = Plan(Link(Low, Lien(2, 0) with { Worth = Weth, TopUp = Mandate }));
        Assert.Equal(1UL, Assert.IsType<TopUpLien>(Assert.Single(both.Steps)).Lien);
        Assert.Equal(RelayWaitCode.TopUpUnderWay, Assert.Single(both.Waits).Code);

        Assert.True(RelayPlanner.IsTopUpOf(Link(Low), 1, "relay/31337-31338/1/0/topup-9"));
        Assert.False(RelayPlanner.IsTopUpOf(Link(Low), 1, "relay/31337-31338/11/0/topup-9"));
        Assert.False(RelayPlanner.IsTopUpOf(Link(Low), 1, "relay/31337-31338/1/0/issue"));
    }

    [Fact]
    public void Plan_WhatIsInTheVaultAndNotProved_CountsAsOnTheWay()
    {
        var needed = Assert.IsType<TopUpLien>(Assert.Single(Plan(Low).Steps)).Amount;
        AssertWaits(RelayWaitCode.TopUpOnTheWay, Low with { AtHead = new LienAt((10 * Ether) + needed, 0) });

        // A part of it leaves health under the trigger: the rest is added, and not more.
        var part = Low with { AtHead = new LienAt((10 * Ether) + (needed / 8), 0) };
        var step = Assert.IsType<TopUpLien>(Assert.Single(Plan(part).Steps));
        Assert.Equal(needed - (needed / 8), step.Amount);
        Assert.NotEqual("relay/31337-31338/1/0/topup-10000000000000000000", step.Purpose);

        // What an order will take is not there any more, whether it was carried out or not.
        var order = new HubOrder(1, OrderKind.Release, Account, Now + 5_000, Now, true, false) { Units = needed / 8 };
        var lower = part with { OnHub = part.OnHub! with { Pending = needed / 8 }, Orders = [order] };
        Assert.Equal(needed, Assert.IsType<TopUpLien>(Plan(lower).Steps.Single(one => one is TopUpLien)).Amount);
        Assert.Equal(needed, Assert.IsType<TopUpLien>(Plan(lower with { AtHead = new LienAt(10 * Ether, 1) }).Steps.Single(one => one is TopUpLien)).Amount);
    }

    [Fact]
    public void Plan_ASwapUnderWay_CountsAsWhatItBringsFromTheTimeItIsOrdered()
    {
        // A WETH of the lien is swapped for 2,985 USDT of another: until its end the hub counts the lesser of both.
        var swap = new HubOrder(1, OrderKind.Swap, Account, Now + 5_000, Now + 1, false, false) { Units = Ether, LienOut = 2, MinOut = 2_985_000_000 };
        var giving = Low with { OnHub = Low.OnHub! with { Counted = 9 * Ether, Pending = Ether, SwapCounter = 1, SwapLien = 2 }, Orders = [swap] };
        var filled = Lien(2, 100_000_000) with { Worth = Usdt };
        var capacity = Weth.Of(9 * Ether) + Weth.Of(Ether) + Usdt.Of(100_000_000);
        var owed = capacity.DivideDown(Of(1.02m));
        giving = giving with { TopUp = Mandate with { Account = new AccountOnHub(capacity, owed, "") } };
        Assert.True(Usdt.Of(2_985_000_000) > Weth.Of(Ether));

        var ordered = Assert.IsType<TopUpLien>(Plan(Link(giving, filled)).Steps.Single(one => one is TopUpLien));
        var later = Weth.Of(9 * Ether) + Usdt.Of(3_085_000_000);
        Assert.Equal(Least(later - Weth.Of(9 * Ether), 9 * Ether, owed), ordered.Amount);

        // Carried out in the vault, and not proved here: the same.
        var done = giving with { AtHead = new LienAt(9 * Ether, 1) };
        var added = Plan(Link(done, filled with { AtHead = new LienAt(3_085_000_000, 0) }));
        Assert.Equal(ordered.Amount, Assert.IsType<TopUpLien>(added.Steps.Single(one => one is TopUpLien)).Amount);

        // A swap that brings health over the trigger by itself is waited for.
        AssertWaits(RelayWaitCode.TopUpOnTheWay, giving with { TopUp = giving.TopUp with { TriggerHealth = Of(1.021m) } }, filled);
    }

    [Theory]
    [InlineData(RelayWaitCode.TopUpCapExhausted)]
    [InlineData(RelayWaitCode.TopUpWalletEmpty)]
    [InlineData(RelayWaitCode.TopUpNotAllowed)]
    [InlineData(RelayWaitCode.TopUpVaultFull)]
    public void Plan_ALimitIsTight_MovesAPartFromATenthOnAndNamesTheLimitUnderIt(RelayWaitCode code)
    {
        var needed = Assert.IsType<TopUpLien>(Assert.Single(Plan(Low).Steps)).Amount;
        var tenth = (needed + 9) / 10;
        Assert.Equal(tenth, Assert.IsType<TopUpLien>(Assert.Single(Plan(Limited(tenth)).Steps)).Amount);
        AssertWaits(code, Limited(tenth - 1));
        AssertWaits(code, Limited(0));

        LinkedLien Limited(BigInteger units) => Give(topUp => code switch
        {
            RelayWaitCode.TopUpCapExhausted => topUp with { Available = units },
            RelayWaitCode.TopUpWalletEmpty => topUp with { Wallet = units },
            RelayWaitCode.TopUpNotAllowed => topUp with { Allowance = units },
            _ => topUp with { Room = units },
        });
    }

    [Fact]
    public void Plan_UnitsCountForNothing_Waits() =>
        AssertWaits(RelayWaitCode.TopUpNothingToMove, Low with { Worth = Weth with { Threshold = Wad.Zero }, TopUp = Mandate with { Account = Mandate.Account with { Capacity = Mandate.Account.Owed } } });

    /// <summary>Whatever the account and what is on the way: with the amount the target holds once all is proved, with a unit less it does not.</summary>
    [Fact]
    public void Plan_AnyBook_IsTheLeast()
    {
        var random = new SeededRandom(20_261_126);
        var moved = 0;
        for (var run = 0; run < 2_000; run++)
        {
            BigInteger Units(double most) => new(random.NextUniform() * most);
            var worth = Weth with { Price = new Price(Of((decimal)(10 + (random.NextUniform() * 5_000)))) };
            var counted = Units(2e19);
            var onTheWay = Units(1e18);
            var lien = Lien(1, counted) with { Worth = worth, AtHead = new LienAt(counted + onTheWay, 3) };
            var capacity = worth.Of(counted) + Of((decimal)(random.NextUniform() * 10_000));
            var owed = capacity.DivideDown(Of((decimal)(0.8 + (random.NextUniform() * 0.4)))) + Wad.One;
            var topUp = Mandate with { Available = Units(5e19), Wallet = Units(5e19), Allowance = 100 * Ether, Account = new AccountOnHub(capacity, owed, "") };
            if (Plan(lien with { TopUp = topUp }).Steps.OfType<TopUpLien>().FirstOrDefault() is not { } step)
            {
                continue;
            }

            moved++;
            var rest = capacity - worth.Of(counted);
            var needed = Least(rest, counted + onTheWay, owed, worth);
            Assert.Equal(BigInteger.Min(needed, BigInteger.Min(topUp.Available, topUp.Wallet)), step.Amount);
        }

        Assert.InRange(moved, 500, 1_900);
    }

    /// <summary>By walking up to it from an estimate.</summary>
    private static BigInteger Least(Wad rest, BigInteger expected, Wad owed, LienWorth? of = null)
    {
        var worth = of ?? Weth;
        bool Restores(BigInteger units) => AccountHealth.Health(rest + worth.Of(expected + units), owed)!.Value >= Mandate.TargetHealth;
        var step = BigInteger.One << 100;
        var under = BigInteger.MinusOne;
        for (; step > 0; step >>= 1)
        {
            under += Restores(under + step) ? 0 : step;
        }

        return under + 1;
    }

    private static Wad HealthWith(BigInteger added) => AccountHealth.Health(Weth.Of((10 * Ether) + added), Mandate.Account.Owed)!.Value;

    private static LinkedLien Give(Func<LienTopUp, LienTopUp> change) => Low with { TopUp = change(Mandate) };

    private static LinkedLien Lien(ulong number, BigInteger units)
    {
        var at = new LienAt(units, 0);
        return new LinkedLien(
            number, Account, at, at, at, null, default, 0, 0, new LienOnHub(true, units, units, 0, 100, Now - 1000, true, 0, 0, 0) { Account = Account }, [], false, false, false);
    }

    private static LinkState Link(params LinkedLien[] liens)
    {
        var header = new BelievedHeader(100, Now - 1000, Now - 900);
        return new LinkState("31337-31338", A, B, Now, Now, new HeaderState(false, header, header, null), new HeaderState(false, header, header, null), [.. liens]);
    }

    private static RelayPlan Plan(LinkedLien lien) => Plan(Link(lien));

    private static RelayPlan Plan(LinkState link) => RelayPlanner.Plan(link, Settings);

    private static void AssertWaits(RelayWaitCode code, params LinkedLien[] liens)
    {
        var plan = Plan(Link(liens));
        Assert.Empty(plan.Steps.OfType<TopUpLien>());
        Assert.Contains(plan.Waits, wait => wait.Code == code && wait.Detail.StartsWith("top-up: ", StringComparison.Ordinal));
    }

    private static Wad Of(decimal value) => new(new BigInteger(decimal.Round(value * 1_000_000_000)) * BigInteger.Pow(10, 9));
}

using KeeperOracle.Keeper.Relaying;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Keeper.Relaying;

public sealed class RelayPlannerTests
{
    private const ulong Now = 1_000_000;
    private static readonly ChainId A = new(31337);
    private static readonly ChainId B = new(31338);
    private static readonly Hash32 Key = Hash32.FromHex("0x" + new string('7', 64));
    private static readonly Hash32 Hash = Hash32.FromHex("0x" + new string('8', 64));
    private static readonly RelaySettings Settings = new(3600);

    private static readonly LienOnHub Known = new(true, 10, 10, 0, 100, Now - 1000, true, 0, 0, 0);

    /// <summary>Counted, proved at 100, and nothing to do.</summary>
    private static readonly LinkedLien Quiet = new(1, Key, new LienAt(10, 0), new LienAt(10, 0), new LienAt(10, 0), null, default, 0, 0, Known, [], false, false, false);

    private static readonly LinkState Rest = new(
        "31337-31338", A, B, Now, Now, new HeaderState(false, Header(100), Header(100), null), new HeaderState(false, Header(50), Header(50), null), [Quiet]);

    private static readonly HubOrder Release = new(1, OrderKind.Release, Hash, Now + 5000, Now, true, false);

    [Fact]
    public void Plan_NothingToDo_IsEmpty()
    {
        Assert.Empty(Plan(Rest).Steps);
        Assert.Empty(Plan(Rest).Waits);
        Assert.Empty(Plan(With(Rest, Quiet) with { ToHub = Rest.ToHub with { Offer = Offer(105) } }).Steps); // nobody waits for it
    }

    // -------------------------------------------------------------------------------------------------- headers

    [Fact]
    public void Header_LienThatItShowsFirst_IsCarried()
    {
        var link = Offering(105, Quiet with { OnHub = null, AtNewest = null, AtUsable = null, AtOffer = new LienAt(10, 0) });
        Assert.Equal(new CarryHeader(B, "relay/header/31337/31338/105", A, 105, Now + 100), Assert.Single(Plan(link).Steps));
        Assert.Empty(Plan(With(link, link.Liens[0] with { AtOffer = null })).Steps); // it does not show it
        Assert.Equal(RelayWaitCode.AwaitingAttestation, Assert.Single(Plan(With(link, link.Liens[0] with { AtOffer = null })).Waits).Code);
    }

    [Fact]
    public void Header_AmountOrCounterChanged_IsCarried()
    {
        Assert.IsType<CarryHeader>(Assert.Single(Plan(Offering(105, Quiet with { AtHead = new LienAt(9, 1), AtOffer = new LienAt(9, 1) })).Steps));
        Assert.IsType<CarryHeader>(Assert.Single(Plan(Offering(105, Quiet with { AtHead = new LienAt(11, 0), AtOffer = new LienAt(11, 0) })).Steps));
    }

    [Theory]
    [InlineData(3599, false)]
    [InlineData(3600, true)]
    public void Header_NewestIsOld_IsCarriedAtTheAge(ulong age, bool carried)
    {
        var link = Offering(105, Quiet with { AtOffer = new LienAt(10, 0), OnHub = Known with { ObservedAt = Now } });
        link = link with { HubTime = Header(100).Timestamp + age, VaultTime = Header(100).Timestamp + age };
        Assert.Equal(carried, Plan(link with { ToHub = link.ToHub with { Offer = Offer(105) with { Deadline = ulong.MaxValue } } }).Steps.OfType<CarryHeader>().Any());
    }

    [Fact]
    public void Header_ExpiredFutureOlderOrHalted_IsNotCarried()
    {
        var link = Offering(105, Quiet with { AtHead = new LienAt(9, 1), AtOffer = new LienAt(9, 1) });
        Assert.Single(Carried(Offer(105)));
        Assert.Single(Carried(Offer(105) with { Deadline = Now }));
        Assert.Empty(Carried(Offer(105) with { Deadline = Now - 1 }));
        Assert.Single(Carried(Offer(105) with { Timestamp = Now + 900 }));
        Assert.Empty(Carried(Offer(105) with { Timestamp = Now + 901 }));
        Assert.Empty(Carried(Offer(100)));
        Assert.Empty(Carried(Offer(105) with { Timestamp = Header(100).Timestamp }));
        var halted = Plan(link with { ToHub = link.ToHub with { IsHalted = true } });
        Assert.Empty(halted.Steps);
        Assert.Contains(halted.Waits, wait => wait.Code == RelayWaitCode.HeadersHalted);

        IEnumerable<RelayStep> Carried(SignedOffer offer) => Plan(link with { ToHub = link.ToHub with { Offer = offer } }).Steps;
    }

    [Fact]
    public void Header_IssuedOrder_IsCarriedToTheVaultOnlyWhereItShowsIt()
    {
        var lien = Quiet with { Orders = [Release], NextIsOffered = true };
        var link = With(Rest with { ToVault = Rest.ToVault with { Offer = Offer(60) } }, lien);
        Assert.Equal("relay/header/31338/31337/60", Assert.Single(Plan(link).Steps).Purpose);
        Assert.Empty(Plan(With(link, lien with { NextIsOffered = false })).Steps);
        Assert.Empty(Plan(With(link, lien with { Orders = [Release with { IsIssued = false, IssueAfter = Now + 1 }] })).Steps);
        Assert.Equal(RelayWaitCode.Vetoed, Plan(With(link, lien with { ProvableFrom = Now + 1 })).Waits[^1].Code);
        Assert.Empty(Plan(With(link, lien with { ProvableFrom = Now + 1 })).Steps);
    }

    // ---------------------------------------------------------------------------------------------------- liens

    [Fact]
    public void Lien_NotAttached_IsForItsOwner()
    {
        var lien = Quiet with { OnHub = null };
        Assert.Equal(RelayWaitCode.OwnerMustCount, Assert.Single(Plan(With(Rest, lien)).Waits).Code);
        Assert.Equal(RelayWaitCode.HeaderNotFinal, Assert.Single(Plan(With(Rest, lien with { AtUsable = null })).Waits).Code);
        Assert.Empty(Plan(With(Rest, lien)).Steps);
        Assert.Empty(Plan(With(Rest, Quiet with { OnHub = Known with { IsAttached = false } })).Steps);
    }

    [Fact]
    public void Lien_NewsUnderAUsableHeader_IsRenewedUnderIt()
    {
        var link = Rest with { ToHub = new HeaderState(false, Header(105), Header(105), null) };
        var paid = Quiet with { AtHead = new LienAt(9, 1), AtNewest = new LienAt(9, 1), AtUsable = new LienAt(9, 1) };
        Assert.Equal(new RefreshLien(B, "relay/31337-31338/1/1/refresh-105", 1, Key, 105, 0), Assert.Single(Plan(With(link, paid)).Steps));
        Assert.Empty(Plan(With(link, paid with { OnHub = Known with { ObservedNumber = 105 } })).Steps); // known by it already
        Assert.Empty(Plan(With(link, paid with { AtUsable = new LienAt(10, 0) })).Steps);
        Assert.Contains(Plan(With(link with { ToHub = link.ToHub with { Usable = Header(100) } }, paid with { AtUsable = new LienAt(10, 0) })).Waits, wait => wait.Code == RelayWaitCode.HeaderNotFinal);
    }

    [Fact]
    public void Lien_OrderPastItsDeadline_IsEndedByALaterHeader()
    {
        var link = Rest with { ToHub = new HeaderState(false, Header(105), Header(105), null) };
        var late = Release with { Deadline = Header(105).Timestamp - 1, IsIssued = false };
        var waiting = Quiet with { OnHub = Known with { Pending = 1 }, Orders = [late] };
        Assert.IsType<RefreshLien>(Assert.Single(Plan(With(link, waiting)).Steps));
        Assert.Empty(Plan(With(link, waiting with { Orders = [late with { Deadline = Header(105).Timestamp }] })).Steps.OfType<RefreshLien>());
        Assert.Empty(Plan(With(link, waiting with { Orders = [late with { IsEnded = true }] })).Steps);
    }

    [Fact]
    public void Lien_SwapThatWasCarriedOut_IsProvedWithTheLienItFilled()
    {
        var link = Rest with { ToHub = new HeaderState(false, Header(105), Header(105), null) };
        var swapped = Quiet with { AtHead = new LienAt(9, 1), AtNewest = new LienAt(9, 1), AtUsable = new LienAt(9, 1), OnHub = Known with { SwapCounter = 1, SwapLien = 4 } };
        Assert.Equal(4UL, Assert.IsType<RefreshLien>(Assert.Single(Plan(With(link, swapped)).Steps)).SwapLien);
        Assert.Equal(0UL, Assert.IsType<RefreshLien>(Assert.Single(Plan(With(link, swapped with { OnHub = Known with { SwapCounter = 2, SwapLien = 4 } })).Steps)).SwapLien);
    }

    // --------------------------------------------------------------------------------------------------- orders

    [Theory]
    [InlineData(1UL, false)]
    [InlineData(0UL, true)]
    public void Order_Requested_IsIssuedWhenTheHubIsFinal(ulong seconds, bool issued)
    {
        var plan = Plan(With(Rest, Quiet with { Orders = [Release with { IsIssued = false, IssueAfter = Now + seconds }] }));
        Assert.Equal(issued, plan.Steps.OfType<IssueOrder>().Any());
        Assert.Equal(!issued, plan.Waits.Any(wait => wait.Code == RelayWaitCode.OrderNotFinalHere));
    }

    [Fact]
    public void Order_NextAndProvable_IsExecutedAndNoneAfterIt()
    {
        var lien = Quiet with { Orders = [Release, Release with { Counter = 2 }], NextIsProvable = true };
        Assert.Equal(new ExecuteOrder(A, "relay/31337-31338/1/1/execute", 1, Key, 1, 50), Assert.Single(Plan(With(Rest, lien)).Steps));
        Assert.Empty(Plan(With(Rest, lien with { AtHead = new LienAt(10, 5) })).Steps.OfType<ExecuteOrder>());
        Assert.Empty(Plan(With(Rest, lien with { ProvableFrom = Header(50).KnownSince + 1 })).Steps);
        Assert.Empty(Plan(With(Rest with { ToVault = Rest.ToVault with { IsHalted = true } }, lien)).Steps);
    }

    [Fact]
    public void Order_PastItsDeadline_IsLapsed()
    {
        var lien = Quiet with { Orders = [Release with { Deadline = Now }], NextIsProvable = true };
        Assert.IsType<ExecuteOrder>(Assert.Single(Plan(With(Rest, lien)).Steps));
        Assert.IsType<LapseOrder>(Assert.Single(Plan(With(Rest with { VaultTime = Now + 1 }, lien)).Steps));
    }

    [Fact]
    public void Order_InTheQueue_IsWaitedForAndExecutedFromThere()
    {
        var lien = Quiet with { Orders = [Release], NextIsProvable = true, Queued = Hash, ReadyAt = Now + 1 };
        Assert.Equal(RelayWaitCode.QueueNotReady, Assert.Single(Plan(With(Rest, lien)).Waits).Code);
        Assert.Empty(Plan(With(Rest, lien)).Steps);
        Assert.IsType<ExecuteQueued>(Assert.Single(Plan(With(Rest, lien with { ReadyAt = Now })).Steps));
        Assert.Equal(RelayWaitCode.AnotherOrderQueued, Assert.Single(Plan(With(Rest, lien with { Queued = Key })).Waits).Code);
    }

    [Fact]
    public void Swap_WithoutMeans_IsLeftToOthers()
    {
        var lien = Quiet with { Orders = [Release with { Kind = OrderKind.Swap }], NextIsProvable = true };
        Assert.Equal(RelayWaitCode.SwapNotFunded, Assert.Single(Plan(With(Rest, lien)).Waits).Code);
        Assert.IsType<ExecuteOrder>(Assert.Single(Plan(With(Rest, lien with { CanFillSwap = true })).Steps));
        Assert.Equal(RelayWaitCode.SwapNotFunded, Assert.Single(Plan(With(Rest, lien with { Queued = Hash, ReadyAt = Now })).Waits).Code);
    }

    private static RelayPlan Plan(LinkState link) => RelayPlanner.Plan(link, Settings);

    private static LinkState With(LinkState link, LinkedLien lien) => link with { Liens = [lien] };

    private static LinkState Offering(ulong number, LinkedLien lien) => With(Rest, lien) with { ToHub = Rest.ToHub with { Offer = Offer(number) } };

    private static BelievedHeader Header(ulong number) => new(number, Now - 1100 + number, Now - 900);

    private static SignedOffer Offer(ulong number) => new(number, Now - 1100 + number, Now + 100);
}

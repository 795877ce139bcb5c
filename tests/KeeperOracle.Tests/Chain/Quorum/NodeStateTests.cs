using KeeperOracle.Chain.Quorum;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Quorum;

public sealed class NodeStateTests
{
    private static readonly ChainId Right = new(31337);
    private static readonly ChainId Wrong = new(1);
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset Later = Start.AddMinutes(1);

    [Fact]
    public void Unasked_IsDownUntilItHasShownChainIdAndHead()
    {
        var state = NodeState.Unasked(Start);
        Assert.Equal(NodeStanding.Down, state.Standing);
        Assert.Equal(NodeStanding.Down, state.OnChainId(Right, Right, Later).Standing);
        Assert.Equal(NodeStanding.Alive, state.OnChainId(Right, Right, Later).OnHead(10, 10, Later).Standing);
    }

    [Theory]
    [InlineData(9UL, NodeStanding.Lagging)]
    [InlineData(10UL, NodeStanding.Alive)]
    [InlineData(11UL, NodeStanding.Alive)]
    public void F06_HeadAtTheFloorOrUnder_IsAliveOrLags(ulong head, NodeStanding expected)
    {
        Assert.Equal(expected, State(NodeStanding.Alive).OnHead(head, 10, Later).Standing);
        Assert.Equal(expected, State(NodeStanding.Lagging).OnHead(head, 10, Later).Standing);
    }

    [Theory]
    [InlineData(NodeStanding.Alive)]
    [InlineData(NodeStanding.Lagging)]
    [InlineData(NodeStanding.Down)]
    [InlineData(NodeStanding.WrongChain)]
    public void F09_WrongChainId_IsRefusedUntilTheIdIsRightAndAHeadIsShown(NodeStanding before)
    {
        var refused = State(before).OnChainId(Right, Wrong, Later);
        Assert.Equal((NodeStanding.WrongChain, "it is on chain 1, not 31337"), (refused.Standing, refused.Reason));
        Assert.Equal(NodeStanding.WrongChain, refused.OnHead(100, 0, Later).OnSilence("timeout", Later).Standing);
        var back = refused.OnChainId(Right, Right, Later);
        Assert.Equal(NodeStanding.Down, back.Standing);
        Assert.Equal(NodeStanding.Alive, back.OnHead(100, 0, Later).Standing);
    }

    [Theory]
    [InlineData(NodeStanding.Alive, NodeStanding.Down)]
    [InlineData(NodeStanding.Lagging, NodeStanding.Down)]
    [InlineData(NodeStanding.Down, NodeStanding.Down)]
    [InlineData(NodeStanding.WrongChain, NodeStanding.WrongChain)]
    [InlineData(NodeStanding.Lying, NodeStanding.Lying)]
    public void F02_NoAnswer_IsDownUnlessItIsRefusedForWorse(NodeStanding before, NodeStanding after) =>
        Assert.Equal(after, State(before).OnSilence("no answer in time", Later).Standing);

    [Fact]
    public void F07_Liar_StaysOutWhateverItSaysOfItself()
    {
        var liar = State(NodeStanding.Alive).OnContradiction("it lied", null, Later);
        Assert.Equal(NodeStanding.Lying, liar.Standing);
        Assert.Equal(liar, liar.OnChainId(Right, Right, Later).OnChainId(Right, Wrong, Later).OnHead(100, 0, Later).OnSilence("x", Later).OnContradiction("y", null, Later));
        Assert.Equal(liar, liar.OnTime(DateTimeOffset.MaxValue));
        Assert.Equal(NodeStanding.Down, liar.OnReset(Later).Standing);
    }

    [Fact]
    public void F07_LiarInQuarantine_IsLetBackAtItsEndAndMustShowItself()
    {
        var liar = State(NodeStanding.Alive).OnContradiction("it lied", TimeSpan.FromMinutes(10), Later);
        Assert.Equal(NodeStanding.Lying, liar.OnTime(Later.AddMinutes(10).AddTicks(-1)).Standing);
        Assert.Equal(NodeStanding.Down, liar.OnTime(Later.AddMinutes(10)).Standing);
    }

    [Theory]
    [InlineData(NodeStanding.Alive)]
    [InlineData(NodeStanding.Lagging)]
    [InlineData(NodeStanding.Down)]
    [InlineData(NodeStanding.WrongChain)]
    public void ResetAndTime_OfNoLiar_ChangeNothing(NodeStanding standing)
    {
        var state = State(standing);
        Assert.Equal(state, state.OnReset(Later).OnTime(Later));
    }

    [Fact]
    public void SameStandingAgain_KeepsSinceAndTakesTheNewHead()
    {
        var state = State(NodeStanding.Alive).OnHead(7, 0, Later);
        Assert.Equal((Start, 7UL), (state.Since, state.Head));
    }

    private static NodeState State(NodeStanding standing) => new(standing, "before", Start);
}

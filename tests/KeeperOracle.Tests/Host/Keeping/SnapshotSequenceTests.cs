using KeeperOracle.Host.Keeping;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using Microsoft.Extensions.Time.Testing;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Host.Keeping;

public sealed class SnapshotSequenceTests
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(10);
    private readonly FakeTimeProvider _time = new();
    private readonly SnapshotSequence _sequence = new();

    [Fact]
    public void Next_WholeFirst_ThenDifferencesUntilTheWholeIsAskedFor()
    {
        Assert.IsType<ChainObserved>(_sequence.Next(At(1)));
        Assert.Equal(At(1).Block.Hash, Assert.IsType<ChainAdvanced>(_sequence.Next(At(2))).Previous);
        _sequence.RequireWhole();
        Assert.IsType<ChainObserved>(_sequence.Next(At(3)));
        Assert.Equal(At(3).Block.Hash, Assert.IsType<ChainAdvanced>(_sequence.Next(At(4))).Previous);
    }

    [Fact]
    public void Refuse_OneThatWaitedTooLong_DropsItAndWhatBuildsOnItUpToTheNextWhole()
    {
        var gate = new SnapshotGate(new Dictionary<ChainId, TimeSpan> { [Anvil] = MaxAge }, _time);
        Assert.Null(gate.Refuse(Queued(_sequence.Next(At(1)))));
        var late = Queued(_sequence.Next(At(2)));
        _time.Advance(MaxAge);
        Assert.Null(gate.Refuse(late));
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.Contains("block 2", gate.Refuse(late)!.Value.Reason, StringComparison.Ordinal);
        _sequence.RequireWhole();
        Assert.Contains("builds on one", gate.Refuse(Queued(Later(At(2), At(3))))!.Value.Reason, StringComparison.Ordinal);
        Assert.Null(gate.Refuse(Queued(new ObservationsCollected(Anvil, []))));
        Assert.Null(gate.Refuse(Queued(_sequence.Next(At(4)))));
        Assert.Null(gate.Refuse(Queued(_sequence.Next(At(5)))));
    }

    private static ChainAdvanced Later(ChainSnapshot before, ChainSnapshot after) => ChainAdvanced.Between(before, after);

    private QueuedEvent Queued(KeeperEvent one) => new(one, _time.GetTimestamp());

    private static ChainSnapshot At(int block) => Snapshot(Account(1, 10, 1)) with { Block = new BlockRef((ulong)block, Number(block, 32), Number(block - 1, 32), Now) };
}

using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Journal;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Drill;

/// <summary>How it ended, and the blocks in which a number changed.</summary>
internal sealed record Watched(DrillEnd End, IReadOnlyList<DrillBlock> Timeline);

/// <summary>
/// The clock of the fork: mines a block once the keeper has decided about the one before and has sent what it may, as its journal shows; and says when
/// the drill is over. A keeper that cannot decide or send gets the next block after a while; one that decides about none is given up.
/// </summary>
/// <param name="shocked">what the feeds' move led to</param>
/// <param name="blockSeconds">chain time from block to block</param>
/// <param name="standstill">blocks without a change after which nothing moves any more</param>
/// <param name="maxInFlight">transactions that the keeper has waiting at once</param>
internal sealed class DrillWatch(ChainSnapshot shocked, ulong blockSeconds, int maxBlocks, ulong standstill, int maxInFlight)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan FirstLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan BlockLimit = TimeSpan.FromSeconds(5);
    private readonly List<DrillBlock> _timeline = [];
    private BlockRef _head = shocked.Block;
    private ulong _changedAt = shocked.Block.Number;
    private string _state = "";

    /// <param name="pace">see <see cref="DrillSettings.Pace"/></param>
    /// <param name="keeper">ends by itself only where something is wrong</param>
    public async Task<Watched> RunAsync(
        ForkedChain fork, Journal.Journal journal, TimeSpan pace, Task keeper, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        var progress = new KeeperProgress(journal.Path);
        while (true)
        {
            await UntilDecidedAsync(progress, journal, keeper, time, cancellationToken);
            if (progress.Snapshot(shocked.Chain) is { } seen && See(progress, seen, say) is { } end)
            {
                return new Watched(end, _timeline);
            }

            await Task.Delay(pace, time, cancellationToken);
            _head = (await fork.MineAsync(_head.Timestamp + blockSeconds, cancellationToken)).Ref;
        }
    }

    private async Task UntilDecidedAsync(KeeperProgress progress, Journal.Journal journal, Task keeper, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var since = time.GetTimestamp(); ; await Task.Delay(Look, time, cancellationToken))
        {
            progress.Update();
            var seen = progress.Snapshot(shocked.Chain);
            if (seen is not null && ((seen.Block.Number >= _head.Number && HasSent(progress, journal)) || time.GetElapsedTime(since) > BlockLimit))
            {
                return;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (keeper.IsCompleted || time.GetElapsedTime(since) > FirstLimit)
            {
                throw new DrillRefusedException(
                    keeper.IsCompleted ? "The keeper of the drill has stopped; its words are above." : $"The keeper of the drill has decided nothing within {FirstLimit.TotalSeconds} s.", ExitCode.Failed);
            }
        }
    }

    /// <summary>A node has the bytes of everything that is decided and not settled, or of as much as may wait at once.</summary>
    private bool HasSent(KeeperProgress progress, Journal.Journal journal)
    {
        var open = journal.OpenIntents(shocked.Chain);
        return open.All(intent => intent.State == IntentState.Pending)
            && (open.Count >= maxInFlight || progress.Unsettled(shocked.Chain).All(purpose => journal.FindIntent(shocked.Chain, purpose) is not null));
    }

    /// <summary>The end, where this is it.</summary>
    private DrillEnd? See(KeeperProgress progress, ChainSnapshot seen, Action<string> say)
    {
        var under = DrillRun.HealthUnderOne(seen);
        var liquidations = (int)(seen.Accounts.Sum(account => (long)account.Liquidations) - shocked.Accounts.Sum(account => (long)account.Liquidations));
        if (_timeline.Count == 0 || _timeline[^1].UnderOne != under.Count || _timeline[^1].Liquidations != liquidations)
        {
            _timeline.Add(new DrillBlock(
                seen.Block.Number - shocked.Block.Number, seen.Block.Timestamp - shocked.Block.Timestamp, under.Count, liquidations));
            say($"block {_timeline[^1].After} after the shock: {under.Count} accounts under health 1, {liquidations} liquidations");
        }

        var isQuiet = progress.IsQuietAt(seen.Chain, _head.Number);
        var state = $"{isQuiet}/{liquidations}/{string.Join(',', under.Select(one => one.Account.Account))}";
        (_changedAt, _state) = state == _state ? (_changedAt, _state) : (_head.Number, state);
        return under.Count == 0 && isQuiet ? DrillEnd.Cleared
            : _head.Number - _changedAt >= standstill ? DrillEnd.NothingMoves
            : _head.Number - shocked.Block.Number >= (ulong)maxBlocks ? DrillEnd.BlockLimit
            : null;
    }
}

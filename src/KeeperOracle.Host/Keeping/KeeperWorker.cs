using System.Collections.Immutable;
using System.Threading.Channels;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Keeping;

/// <summary>
/// The loop: one bounded queue of events, one reader. Each event goes through the pure step; event and decisions are appended to the
/// journal's hash chain, durably, and only then are the actions handed to their lanes. So whatever was done can be replayed, and whatever
/// was decided and not done (a crash in between) is decided again from the next snapshot.
/// </summary>
public sealed class KeeperWorker(
    KeeperSettings settings,
    Journal.Journal journal,
    IReadOnlyList<KeeperLane> lanes,
    Channel<QueuedEvent> queue,
    IReadOnlyDictionary<ChainId, TimeSpan> snapshotMaxAge,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<KeeperWorker> logger) : BackgroundService
{
    public const int QueueLimit = 1024;

    private KeeperState? _state;

    /// <summary>Set where the loop ended by a fault, for the exit code.</summary>
    public Exception? Fault { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var open = lanes.SelectMany(lane => journal.OpenIntents(lane.Chain)).Select(intent => new OpenIntent(intent.ChainId, SendingCourier.BasePurpose(intent.Purpose)));
            Step(new Started(settings, [.. open]));
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            Task[] running = [DecideAsync(ending.Token), .. lanes.Select(lane => lane.RunAsync(ending.Token))];
            await Endings.FirstAsync(running, ending);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            logger.LogInformation("Stopped");
        }
        catch (Exception fault)
        {
            Fault = fault;
            logger.LogCritical(fault, "The keeper stops: {Reason}", fault.Message);
            lifetime.StopApplication();
        }
    }

    private async Task DecideAsync(CancellationToken cancellationToken)
    {
        var byChain = lanes.ToDictionary(lane => lane.Chain);
        await foreach (var queued in queue.Reader.ReadAllAsync(cancellationToken))
        {
            if (queued.Event is ChainObserved old && time.GetElapsedTime(queued.Arrived) > snapshotMaxAge[old.Snapshot.Chain])
            {
                logger.LogWarning("Chain {Chain}: the snapshot of block {Block} waited too long and gives no decision", old.Snapshot.Chain, old.Snapshot.Block);
                continue;
            }

            foreach (var decision in Step(queued.Event))
            {
                if (decision.Verdict is Act act)
                {
                    var lane = byChain[decision.Chain];
                    logger.LogInformation("Chain {Chain}: {Purpose}: {Reason}", lane.Name, act.Purpose, act.Reason);
                    await lane.EnqueueAsync(act, _state!.Lane(decision.Chain).Snapshot!, cancellationToken);
                }
            }
        }
    }

    private ImmutableArray<Decision> Step(KeeperEvent keeperEvent)
    {
        var result = KeeperStep.Step(_state ?? KeeperState.Start(new Started(settings, [])), keeperEvent);
        journal.AppendDecision(KeeperJson.Write(keeperEvent), KeeperJson.Write(result.Decisions));
        _state = result.State;
        return result.Decisions;
    }
}

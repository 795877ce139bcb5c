using System.Collections.Immutable;
using System.Threading.Channels;
using KeeperOracle.Host.Journal;
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

    private static readonly TimeSpan JournalPause = TimeSpan.FromSeconds(1);

    /// <summary>Of the pauses: an alarm a minute.</summary>
    private const int AlarmEvery = 60;

    private readonly SnapshotGate _gate = new(snapshotMaxAge, time);
    private readonly HashSet<(ChainId Chain, string Account)> _near = [];
    private KeeperState? _state;

    /// <summary>Set where the loop ended by a fault, for the exit code.</summary>
    public Exception? Fault { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var open = lanes.SelectMany(lane => journal.OpenIntents(lane.Chain)).Select(intent => new OpenIntent(intent.ChainId, SendingCourier.BasePurpose(intent.Purpose)));
            await StepAsync(new QueuedEvent(new Started(settings, [.. open]), time.GetTimestamp()), stoppingToken);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            Task[] running = [DecideAsync(ending.Token), RenewAsync(ending.Token), .. lanes.Select(lane => lane.RunAsync(ending.Token))];
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

    /// <summary>Ends with an exception where another process has taken the journal over.</summary>
    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(journal.LeaseTerm / 3, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                journal.Renew();
            }
            catch (JournalException failed) when (failed.MayPass)
            {
                logger.LogWarning("The lease of the journal is not renewed: {Problem}", failed.Message);
            }
        }
    }

    private async Task DecideAsync(CancellationToken cancellationToken)
    {
        var byChain = lanes.ToDictionary(lane => lane.Chain);
        await foreach (var queued in queue.Reader.ReadAllAsync(cancellationToken))
        {
            foreach (var decision in await StepAsync(queued, cancellationToken))
            {
                if (decision.Verdict is Refuse { Refusal.Code: RefusalCode.DifferenceMisfit } misfit)
                {
                    logger.LogError("Chain {Chain}: {Reason}", decision.Chain, misfit.Refusal.Detail);
                    byChain[decision.Chain].RequireWholeSnapshot();
                }

                Alert(decision);
                if (decision.Verdict is Propose proposal)
                {
                    logger.LogInformation("Chain {Chain}: {Subject}: {Reason}", decision.Chain, decision.Subject, proposal.Reason);
                }

                if (decision.Verdict is Act act)
                {
                    var lane = byChain[decision.Chain];
                    logger.LogInformation("Chain {Chain}: {Purpose}: {Reason}", lane.Name, act.Purpose, act.Reason);
                    await lane.EnqueueAsync(act, _state!.Lane(decision.Chain).Snapshot!, cancellationToken);
                }
            }
        }
    }

    /// <summary>Tells once of an account that has come near liquidation, and again after it has left.</summary>
    private void Alert(Decision decision)
    {
        var about = (decision.Chain, decision.Subject);
        if (decision.Verdict is not Refuse { Refusal: { Code: RefusalCode.NearLiquidation } near })
        {
            _near.Remove(about);
        }
        else if (_near.Add(about))
        {
            logger.LogWarning("Chain {Chain}: account {Account} is near liquidation: {Reason}", decision.Chain, decision.Subject, near.Detail);
        }
    }

    /// <summary>
    /// One step, when the journal takes it: while it has no room, or another connection holds it, nothing is decided and so nothing is signed, and the
    /// process lives on. A snapshot that grows too old meanwhile gives no decision; what else has happened is not forgotten.
    /// </summary>
    private async Task<ImmutableArray<Decision>> StepAsync(QueuedEvent queued, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            if (_gate.Refuse(queued) is { } refused)
            {
                logger.LogWarning("Chain {Chain}: {Reason}", refused.Chain, refused.Reason);
                lanes.Single(lane => lane.Chain == refused.Chain).RequireWholeSnapshot();
                return [];
            }

            try
            {
                return Step(queued.Event);
            }
            catch (JournalException failed) when (failed.MayPass)
            {
                if (tries % AlarmEvery == 0)
                {
                    logger.LogError("Nothing is decided or signed until the journal takes it: {Problem}", failed.Message);
                }

                await Task.Delay(JournalPause, time, cancellationToken);
            }
        }
    }

    private ImmutableArray<Decision> Step(KeeperEvent keeperEvent)
    {
        var result = KeeperStep.Step(_state ?? KeeperState.Start(new Started(settings, [])), keeperEvent);
        journal.AppendDecision(KeeperJson.Write(keeperEvent), KeeperJson.Write(result.Decisions));
        CrashPoints.Pass(CrashPoint.Decided);
        _state = result.State;
        return result.Decisions;
    }
}

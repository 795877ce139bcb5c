namespace KeeperOracle.Host.OracleNode;

/// <summary>Runs the lanes of an oracle node; a lane that ends by a fault ends the node, for its supervisor to start again.</summary>
public sealed class OracleWorker(
    IReadOnlyList<OracleLane> lanes, IHostApplicationLifetime lifetime, ILogger<OracleWorker> logger, IReadOnlyList<HeaderLane>? headers = null) : BackgroundService
{
    /// <summary>Set where a lane ended by a fault, for the exit code.</summary>
    public Exception? Fault { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await await Task.WhenAny([.. lanes.Select(lane => lane.RunAsync(stoppingToken)), .. (headers ?? []).Select(lane => lane.RunAsync(stoppingToken))]);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            logger.LogInformation("Stopped");
        }
        catch (Exception fault)
        {
            Fault = fault;
            logger.LogCritical(fault, "The oracle node stops: {Reason}", fault.Message);
            lifetime.StopApplication();
        }
    }
}

using KeeperOracle.Chain.Rpc;
using KeeperOracle.Host;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Journal;

try
{
    return await RootCommandTree.InvokeAsync(args);
}
catch (OperationCanceledException)
{
    return ExitCode.Cancelled;
}
catch (KeyFileException problem)
{
    await Console.Error.WriteLineAsync(problem.Message);
    return ExitCode.ConfigurationInvalid;
}
catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync(problem.Message); // a port in use, a file that may not be read
    return ExitCode.Failed;
}
catch (JournalException problem)
{
    await Console.Error.WriteLineAsync(problem.Message);
    return ExitCode.Failed;
}
catch (RpcException problem)
{
    await Console.Error.WriteLineAsync(problem.Message);
    return problem.IsTransient ? ExitCode.RemoteUnavailable : ExitCode.Failed;
}

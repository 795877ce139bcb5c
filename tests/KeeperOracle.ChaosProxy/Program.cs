using System.Runtime.InteropServices;
using KeeperOracle.ChaosProxy;

try
{
    await using var host = await ChaosProxyHost.StartAsync(ChaosProxyOptions.Parse(args));
    var ended = new TaskCompletionSource();
    void End(PosixSignalContext signal)
    {
        signal.Cancel = true;
        ended.TrySetResult();
    }

    using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
    using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
    // One line that a script can wait for.
    Console.WriteLine($$"""{"port":{{host.Url.Port}},"url":"{{host.Url}}"}""");
    await ended.Task;
    return 0;
}
catch (Exception problem) when (problem is FormatException or IOException)
{
    await Console.Error.WriteLineAsync(problem.Message);
    return 2;
}

using BenchmarkDotNet.Running;
using KeeperOracle.Benchmarks;
using KeeperOracle.Benchmarks.Chain;

// `inputs FOLDER` and `peer WORK FOLDER` serve scripts/bench-risk, `chain …` scripts/bench-chain, `--screen` prints accounts re-valued a second;
// anything else goes to BenchmarkDotNet.
switch (args)
{
    case ["--screen"]:
        ScreenRun.Run();
        return 0;
    case ["inputs", var folder]:
        BenchInputs.Write(folder);
        return 0;
    case ["peer", "greeks", _]:
        Peer.Greeks();
        return 0;
    case ["peer", "revalue", _]:
        Peer.Revalue();
        return 0;
    case ["peer", "book", _]:
        Peer.Book();
        return 0;
    case ["peer", "garch", _]:
        Peer.Garch();
        return 0;
    case ["chain", .. var rest]:
        return await ChainBench.RunAsync(rest);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Peer).Assembly).Run(args);
        return 0;
}

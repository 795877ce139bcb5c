namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The command line in the hands of somebody who mistypes. Nothing here needs a chain.</summary>
[Collection(EndToEndCollections.Demo)]
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("frobnicate", "'frobnicate'")]
    [InlineData("run --frobnicate", "'--frobnicate'")]
    [InlineData("relay", "Required command was not provided.")]
    [InlineData("relay run --frobnicate", "'--frobnicate'")]
    [InlineData("account", "Required command was not provided.")]
    [InlineData("account explain", "Required argument 'account' missing for command: 'explain'.")]
    [InlineData("account explain 0x12", "0x12")]
    [InlineData("account explain 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266:many", "'many' is no account number")]
    [InlineData("demo --hours 5", "--hours 5 is outside 6 to 720.")]
    [InlineData("demo --hours soon", "'soon'")]
    [InlineData("demo --system 18", "--system '18': UnknownSystem: there are shows of 1, 2, 3,")]
    [InlineData("replay 9..3", "'9..3' is no range of steps")]
    [InlineData("config validate -c", "Required argument missing for option: '-c'.")]
    [InlineData("account list -o xml", "'xml'")]
    [InlineData("account show", "Required argument 'account' missing for command: 'show'")]
    [InlineData("margin assess", "--portfolio FILE is needed.")]
    [InlineData("margin assess --model pm2 --portfolio p.json", "--model 'pm2' is unknown: it is one of scaled, derive-pm2, span. Did you mean")]
    [InlineData("margin assess --schema of", "--schema 'of' is unknown")]
    [InlineData("margin cross", "--portfolio FILE is needed.")]
    [InlineData("margin cross --portfolio a.json --horizon 0", "--horizon must be over 0")]
    [InlineData("vol fit", "A history is needed: --prices FILE or --returns FILE.")]
    [InlineData("vol fit --prices a.csv --returns b.csv", "two ways to name one history")]
    [InlineData("vol fit --prices a.csv --horizons 0", "--horizons takes whole numbers from 1 to 10000.")]
    [InlineData("vol fit --prices a.csv --lambda 0.9", "--lambda is of --model ewma.")]
    [InlineData("vol backtest --level 0.95", "Name what is tested")]
    [InlineData("vol backtest --prices a.csv --level 99", "--level lies between 0 and 1")]
    [InlineData("vol backtest --prices a.csv --level high", "'high'")]
    [InlineData("vol backtest --prices a.csv --exceptions 3", "three ways to say what is tested")]
    [InlineData("vol backtest --exceptions 3", "--observations and --exceptions are given together.")]
    [InlineData("vol backtest --observations 9 --exceptions 3 --transitions 1,2,3", "'1,2,3' is not four counts")]
    [InlineData("vol backtest --forecasts a.csv --law t0.5", "'t0.5' is neither normal nor t")]
    [InlineData("vol backtest --prices a.csv --from soon", "--from 'soon' is neither a date")]
    [InlineData("vol backtest --prices a.csv --report page.pdf", "it ends in .html")]
    [InlineData("risk var --returns a.csv --method magic", "--method 'magic' is unknown")]
    [InlineData("risk var --returns a.csv --level 0.9 1", "--level lies between 0 and 1")]
    [InlineData("param recommend", "A history is needed: --prices FILE.")]
    [InlineData("option price --strike 1 --vol 1 --time 1", "black76 needs --forward")]
    [InlineData("option price --spot 1 --forward 1 --strike 1 --vol 1 --time 1", "--spot is of bsm")]
    [InlineData("option implied --forward 1 --strike 1 --time 1", "--price is needed.")]
    [InlineData("option price --forward 1 --strike 1 --time 1", "--vol is needed")]
    [InlineData("option price --forward 1 --strike 1 --vol 1", "One of --time (years) and --days is needed.")]
    public async Task Invoke_WrongCommandLine_SaysASentenceAndEndsWithUsage(string line, string words)
    {
        var result = await ProductProcess.RunAsync(line.Split(' '));
        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.Contains(words, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal); // no stack trace
        Assert.Equal("", result.Output);
    }

    [Fact]
    public async Task ConfigValidate_SeveralMistakes_ListsAllWithKeyAndFix()
    {
        var folder = Directory.CreateTempSubdirectory("keeperoracle-cli-").FullName;
        try
        {
            var file = Path.Combine(folder, "config.json");
            await File.WriteAllTextAsync(
                file,
                """
                {
                  "KeeperOracle": {
                    "Mode": "actve",
                    "Chains": {
                      "31337": {
                        "Rpc": [ { "Name": "a", "Url": "ftp://127.0.0.1" } ],
                        "PollMiliseconds": 100,
                        "Confirmations": -1,
                        "Multicall3": "0xca11bde05977b3631167028862be2a173976ca11",
                        "OracleHub": "0x5FbDB2315678afecb367f032d93F642f64180aa3",
                        "AttestationVerifier": "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512",
                        "RiskOracle": "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0"
                      }
                    }
                  }
                }
                """);
            var result = await ProductProcess.RunAsync("config", "validate", "-c", file);
            Assert.True(result.ExitCode == 3, result.ToString());
            Assert.Equal("", result.Output);
            foreach (var words in (string[])
            [
                "The configuration has 6 problems:",
                "KeeperOracle:Mode", "KeeperOracle:Chains:31337:Rpc:0:Url", "PollMilliseconds", "KeeperOracle:Chains:31337:Confirmations",
                "0xcA11bde05977b3631167028862bE2a173976CA11", "KeeperOracle:Chains:31337:MarginVault",
            ])
            {
                Assert.Contains(words, result.Errors, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Run_NoConfiguration_SaysHowToNameOne()
    {
        var folder = Directory.CreateTempSubdirectory("keeperoracle-cli-").FullName;
        var result = await ProductProcess.RunInAsync(folder, "run");
        Directory.Delete(folder);
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("name a file with -c FILE", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_NoJournalThere_SaysSo()
    {
        var result = await ProductProcess.RunAsync("replay", "--journal", "/nonexistent/journal.db");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("There is no journal at '/nonexistent/journal.db'", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Demo_PriceFileThatIsNone_EndsWithUsage()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "timestamp,price\n2020-03-12T00:00:00Z,200\n2020-03-12T01:00:00Z,nothing\n");
        var result = await ProductProcess.RunAsync("demo", "--once", "--root", RepositoryFiles.Root, "--prices", file);
        File.Delete(file);
        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.Contains("line 3: price is 'nothing', which is no number.", result.Errors, StringComparison.Ordinal);
    }
}

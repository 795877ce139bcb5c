using System.CommandLine;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;

namespace KeeperOracle.Host.Commands;

internal static class KeyCommand
{
    public static Command Build() => new("key", "Keystores.") { Import() };

    private static Command Import()
    {
        var keystore = new Argument<string>("keystore") { Description = "A keystore V3 of another program; scrypt or PBKDF2 of 8192 or more.", HelpName = "FILE" };
        var password = Secret("--password-file", "Its password", required: true);
        var renewed = Secret("--new-password-file", "The password of the new keystore; without it the old one stays", required: false);
        var result = new Option<string>("--out") { Description = "The new keystore; must not exist.", HelpName = "FILE", Required = true };
        var command = new Command("import", $"Encrypts a key again with the strength that `run` asks for (scrypt n = {KeystoreV3.StandardN}).") { keystore, password, renewed, result };
        command.SetAction(parsed => Import(
            parsed.GetRequiredValue(keystore), parsed.GetRequiredValue(password), parsed.GetValue(renewed), parsed.GetRequiredValue(result)));
        return command;
    }

    private static Option<string> Secret(string name, string what, bool required) =>
        new(name) { Description = $"{what}: {SecretFile.Forms}.", HelpName = "FILE", Required = required };

    private static int Import(string keystore, string passwordFile, string? newPasswordFile, string result)
    {
        char[] password = [];
        char[] renewed = [];
        try
        {
            password = Read(passwordFile);
            renewed = newPasswordFile is null ? [.. password] : Read(newPasswordFile);
            using var key = KeystoreV3.Decrypt(File.ReadAllText(keystore), password);
            var encrypted = KeystoreV3.Encrypt(key, renewed);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var writer = new StreamWriter(result, options);
            writer.Write(encrypted);
            Console.Out.WriteLine(Eip55.Format(key.Address));
            return ExitCode.Ok;
        }
        catch (Exception problem) when (problem is KeystoreException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(problem.Message);
            return ExitCode.Failed;
        }
        finally
        {
            password.AsSpan().Clear();
            renewed.AsSpan().Clear();
        }
    }

    private static char[] Read(string file)
    {
        var (path, problem) = SecretFile.Resolve(file, Directory.GetCurrentDirectory());
        return path is not null ? SecretFile.Read(path) : throw new IOException($"'{file}': {problem}.");
    }
}

using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using KeeperOracle.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace KeeperOracle.Tests.Generators;

/// <summary>The generator over ABI texts, and the compiler over what it made.</summary>
internal static class GeneratorRun
{
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static Compilation Empty { get; } = CSharpCompilation.Create(
        "Generated", [], References, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, checkOverflow: true));

    public static GeneratorDriver Driver(params (string Name, string Text)[] files) => CSharpGeneratorDriver.Create(
        [new AbiGenerator().AsSourceGenerator()],
        files.Select(file => (AdditionalText)new AbiText(file.Name, file.Text)),
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>The generator's own diagnostics.</summary>
    public static ImmutableArray<Diagnostic> Diagnose(params (string Name, string Text)[] files) => Driver(files).RunGenerators(Empty).GetRunResult().Diagnostics;

    /// <summary>The types that come out; the compiler must have nothing to say, not even a warning.</summary>
    public static Assembly Compile(params (string Name, string Text)[] files)
    {
        Driver(files).RunGeneratorsAndUpdateCompilation(Empty, out var compilation, out var diagnostics);
        Assert.Empty(diagnostics);
        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly);
        Assert.Empty(result.Diagnostics.Where(found => found.Severity >= DiagnosticSeverity.Warning).Select(found => found.ToString()));
        assembly.Position = 0;
        return new AssemblyLoadContext(null).LoadFromStream(assembly);
    }

    private sealed class AbiText(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }
}

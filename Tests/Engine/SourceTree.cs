namespace HmsOrleans.Tests.Engine;

/// <summary>The tree that the tests were built from: what is in deploy/ is tested where it stands.</summary>
internal static class SourceTree
{
    public static string File(string path)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!System.IO.File.Exists(Path.Combine(directory.FullName, "HmsOrleans.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("the tests run outside the source tree: deploy/ is missing");
        }
        return Path.Combine(directory.FullName, path);
    }
}

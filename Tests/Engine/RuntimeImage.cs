using System.Runtime.InteropServices;

namespace HmsOrleans.Tests.Engine;

/// <summary>
/// A stand-in for Microsoft's ASP.NET Core image, where no registry is reachable: this machine's own runtime, the libraries that it
/// is linked to, and bash, under the same paths and the same name. What it lacks is the rest of Ubuntu.
/// </summary>
internal static class RuntimeImage
{
    public const string Name = "mcr.microsoft.com/dotnet/aspnet:10.0";

    private const string Make = """
        set -e
        runtime=$1 version=$2 root=$(mktemp -d)
        trap 'rm -rf "$root"' EXIT
        dotnet=$root/usr/share/dotnet
        mkdir -p "$dotnet/host/fxr" "$root/bin" "$root/etc" "$root/tmp" "$root/usr/lib"
        chmod 1777 "$root/tmp"
        cp "$runtime/dotnet" "$dotnet"
        cp -R "$runtime/host/fxr/$version" "$dotnet/host/fxr"
        for framework in Microsoft.NETCore.App Microsoft.AspNetCore.App; do
          mkdir -p "$dotnet/shared/$framework"
          cp -R "$runtime/shared/$framework/$version" "$dotnet/shared/$framework"
        done
        cp /bin/bash "$root/bin"
        echo 'root:x:0:0::/root:/bin/bash
        app:x:1654:1654::/home/app:/bin/sh' >"$root/etc/passwd"
        ssl=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p | sed -n 's/.*lib\(ssl\|crypto\)\.so\.3 .* => //p')
        find "$dotnet" /bin/bash $ssl -type f \( -name '*.so*' -o -perm -100 \) -exec ldd {} + 2>/dev/null | grep -o '/[^ ]*\.so[^ :]*' | grep -v "^$root" | sort -u |
          xargs cp -L --parents -t "$root"
        tar -C "$root" -c . | docker import --change 'ENV DOTNET_RUNNING_IN_CONTAINER=true' - "$3"
        """;

    /// <summary>Gives an engine the image; takes it a few seconds.</summary>
    public static Task ImportAsync(DockerHost host, CancellationToken token)
    {
        var frameworks = new DirectoryInfo(RuntimeEnvironment.GetRuntimeDirectory()); // .../shared/Microsoft.NETCore.App/10.0.0
        return Command.RunAsync(
            "/bin/bash", host.CommandLine, TimeSpan.FromMinutes(2), token,
            "-c", Make, "sh", frameworks.Parent!.Parent!.Parent!.FullName, frameworks.Name, Name);
    }
}
